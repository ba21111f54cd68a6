using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>
/// Binds our own P/Invokes to the very libraries that the binding has loaded, by their paths among the process's modules: a
/// second copy of libllama would have a state of its own.
/// </summary>
internal static class NativeModules
{
    /// <summary>The path of the loaded library with this plain name (<c>llama</c>, <c>ggml-base</c>), or null.</summary>
    public static string? FindPath(string name)
    {
        using Process process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            string file = Path.GetFileName(module.FileName);
            if (PlainName(file) == name)
            {
                return module.FileName;
            }
        }

        return null;
    }

    /// <summary>The handle of a loaded library.</summary>
    /// <exception cref="DllNotFoundException">The binding has not loaded it.</exception>
    public static nint Handle(string name) =>
        NativeLibrary.Load(FindPath(name) ?? throw new DllNotFoundException($"The binding has not loaded a '{name}' library."));

    // The resolver has to stand before the first P/Invoke of the assembly, whichever that is.
#pragma warning disable CA2255 // A library's module initializer is what the rule warns of: this one only registers a callback.
    [ModuleInitializer]
    internal static void Register() =>
        NativeLibrary.SetDllImportResolver(typeof(NativeModules).Assembly, static (string name, Assembly _, DllImportSearchPath? _) =>
            name is LlamaGaps.Llama or LlamaGaps.GgmlBase or GgmlGaps.Ggml ? Handle(name) : 0);
#pragma warning restore CA2255

    /// <summary>A library's plain name: <c>llama</c> for libllama.so, libllama.so.0.0.10221, libllama.dylib and llama.dll.</summary>
    public static string PlainName(string file)
    {
        string name = file.StartsWith("lib", StringComparison.Ordinal) ? file[3..] : file;
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? name : name[..dot];
    }
}
