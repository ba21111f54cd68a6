using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Loads the llama.cpp libraries that the npm package ships, and what LLamaSharp has as free functions.</summary>
internal static unsafe partial class NativeApi
{
    internal const string LibraryName = "llama";

    static NativeApi()
    {
        string path = NativeLibraryConfig.LLama.LibraryPath;
        string directory = Path.GetDirectoryName(path)!;
        if (!File.Exists(path))
        {
            throw new DllNotFoundException($"'{path}' does not exist.");
        }

        // Backends are plug-ins, and log while they load: unless they are loaded before the first call to llama, no model loads.
        NativeLogConfig.Install(NativeLibrary.Load(Path.Combine(directory, "libggml-base.so")), "ggml_log_set");
        nint ggml = NativeLibrary.Load(Path.Combine(directory, Path.GetFileName(path).Replace("libllama", "libggml", StringComparison.Ordinal)));
        var loadBackends = (delegate* unmanaged[Cdecl]<byte*, void>)NativeLibrary.GetExport(ggml, "ggml_backend_load_all_from_path");
        nint directoryUtf8 = Marshal.StringToCoTaskMemUTF8(directory);
        loadBackends((byte*)directoryUtf8);
        Marshal.FreeCoTaskMem(directoryUtf8);

        nint llama = NativeLibrary.Load(path);
        NativeLibraryConfig.LLama.LibraryHasLoaded = true;
        NativeLogConfig.Install(llama, "llama_log_set");
        ((delegate* unmanaged[Cdecl]<void>)NativeLibrary.GetExport(llama, "llama_backend_init"))();
    }

    /// <summary>Loads the libraries if they are not loaded yet.</summary>
    public static void llama_empty_call()
    {
    }

    [LibraryImport(LibraryName)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_supports_gpu_offload();

    [LibraryImport(LibraryName)]
    public static partial int llama_chat_apply_template(
        byte* tmpl, LLamaChatMessage* chat, nuint n_msg, [MarshalAs(UnmanagedType.U1)] bool add_ass, byte* buf, int length);
}
