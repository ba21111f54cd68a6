using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine.Loading;

/// <summary>
/// ggml's backends that are libraries of their own. A build whose backends are all of that kind (<c>GGML_BACKEND_DL</c>) has none until
/// they are loaded, and then blames the model; and one that has a CPU backend only computes on a GPU once that one's is loaded.
/// </summary>
/// <remarks>Backends belong to the process. Called while the library's gate is held.</remarks>
internal static class BackendPlugins
{
    private static readonly HashSet<string> Loaded = new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>What is wrong with a list of backend libraries, as a sentence whose subject is the list's name, and the fix.</summary>
    public static IEnumerable<string> Problems(IEnumerable<string?>? paths)
    {
        if (paths is null)
        {
            yield return "is null. Set it to a list of ggml backend libraries, or leave it empty.";
            yield break;
        }

        foreach (string? path in paths.Where(path => !File.Exists(path)))
        {
            yield return string.IsNullOrWhiteSpace(path) ? "holds an empty path. Leave it out."
                : Directory.Exists(path) ? $"holds '{path}', which is a folder. Name the backend's library in it, such as libggml-vulkan.so."
                : $"holds '{path}', which does not exist. Set it to the file of a ggml backend, such as libggml-vulkan.so.";
        }
    }

    /// <summary>Loads the backends that lie beside libllama, if there is none yet.</summary>
    /// <param name="libraryPath">The libllama.</param>
    public static void LoadSiblings(string libraryPath) =>
        LoadSiblings(libraryPath, () => (int)GgmlGaps.ggml_backend_dev_count(), GgmlGaps.ggml_backend_load_all_from_path);

    /// <summary>The same over any ggml.</summary>
    /// <param name="libraryPath">The libllama.</param>
    /// <param name="countDevices">How many devices ggml knows.</param>
    /// <param name="loadAll">Loads all backends of a folder.</param>
    public static void LoadSiblings(string libraryPath, Func<int> countDevices, Action<string> loadAll)
    {
        if (countDevices() == 0)
        {
            NativeLog.ClearErrors();
            loadAll(Path.GetDirectoryName(libraryPath)!);
        }
    }

    /// <summary>Throws if there is no backend, after those beside libllama and those of the settings are loaded.</summary>
    /// <param name="libraryPath">The libllama.</param>
    /// <exception cref="LlamaNativeLibraryException">There is none.</exception>
    public static void ThrowIfNone(string libraryPath) => ThrowIfNone(libraryPath, () => (int)GgmlGaps.ggml_backend_dev_count());

    /// <summary>The same over any ggml.</summary>
    /// <param name="libraryPath">The libllama.</param>
    /// <param name="countDevices">How many devices ggml knows.</param>
    /// <exception cref="LlamaNativeLibraryException">There is none.</exception>
    public static void ThrowIfNone(string libraryPath, Func<int> countDevices)
    {
        if (countDevices() == 0)
        {
            throw new LlamaNativeLibraryException(
                $"The llama.cpp library '{libraryPath}' has no backend to compute on: it is built to load them from libraries of their own, and there is none that this processor can run in '{Path.GetDirectoryName(libraryPath)}'. {NativeLog.LastErrors()} " +
                "Put the libraries of the same build beside it (such as libggml-cpu.so, or libggml-cpu-x64.so and its kind).")
            {
                Fault = LlamaFault.NoBackend,
            };
        }
    }

    /// <summary>Loads a backend's library, once for the process.</summary>
    /// <param name="path">The library.</param>
    /// <exception cref="LlamaNativeLibraryException">It cannot be loaded, or its kernels cannot run.</exception>
    public static void Load(string path)
    {
        string full = Path.GetFullPath(path);
        if (Loaded.Contains(full))
        {
            return;
        }

        if (NativeModules.PlainName(Path.GetFileName(full)) == CudaGuard.Library)
        {
            // Before it is loaded: what is registered stays, and ggml ends the process at the first kernel.
            CudaGuard.Check(full);
        }

        NativeLog.ClearErrors();
        if (GgmlGaps.ggml_backend_load(full) == 0)
        {
            throw new LlamaNativeLibraryException(
                $"The backend library '{full}' could not be loaded. {NativeLog.LastErrors()} It has to be of a build whose ggml fits {LlamaCppBuild.Release}, with the libraries that it needs (a driver, CUDA's or Vulkan's) on the system.")
            {
                Fault = LlamaFault.BackendNotLoaded,
            };
        }

        Loaded.Add(full);
    }
}
