using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using CurKv.Connector.Engine.Loading;
using CurKv.Connector.Engine.Native;
using LLama.Exceptions;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <content>Loads the native libraries and models.</content>
internal sealed unsafe partial class LlamaSharpEngine
{
    private static readonly Lock LibraryGate = new();
    private static string? _configuredPath;

    private static void LoadLibraries(string? path, IReadOnlyList<string> backendPaths)
    {
        lock (LibraryGate)
        {
            if (_binding is null)
            {
                _binding = LoadLlama(path);
                _configuredPath = path is null ? null : Path.GetFullPath(path);
            }
            else if (path is not null && Path.GetFullPath(path) != _binding.LibraryPath && Path.GetFullPath(path) != _configuredPath)
            {
                // The system tells a loaded library's path with its links resolved; the setting may go through one.
                throw new LlamaNativeLibraryException(
                    $"'{path}' cannot be loaded: this process already runs '{_binding.LibraryPath}', and one process can use one llama.cpp build.")
                { Fault = LlamaFault.OtherLibraryLoaded };
            }

            foreach (string backend in backendPaths)
            {
                BackendPlugins.Load(backend);
            }

            BackendPlugins.ThrowIfNone(_binding.LibraryPath);
        }
    }

    private static LlamaBinding LoadLlama(string? path)
    {
        // First of all: OpenMP reads its settings when it is loaded, and the check below loads it.
        OpenMpWaiting.Bound();

        // A library of the caller's own may need less, or more.
        if (path is null && NativePrerequisites.Missing() is string missing)
        {
            throw new LlamaNativeLibraryException(missing);
        }

        try
        {
            if (path is not null && !NativeLibraryConfig.LLama.LibraryHasLoaded)
            {
                NativeLibraryConfig.LLama.WithLibrary(Path.GetFullPath(path));
            }

            NativeLog.Install();
            NativeApi.llama_empty_call();
            nint llama = NativeModules.Handle(LlamaGaps.Llama);
            string libraryPath = NativeModules.FindPath(LlamaGaps.Llama)!;
            string commit = Marshal.PtrToStringUTF8((nint)LlamaGaps.ggml_commit()) ?? "unknown";
            AbiGuard.Check(llama, libraryPath, commit);
            BackendPlugins.LoadSiblings(libraryPath);
            CudaGuard.Check();
            return new LlamaBinding(BindingName, commit, libraryPath);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            Exception cause = (e as TypeInitializationException)?.InnerException ?? e;
            throw new LlamaNativeLibraryException(
                $"The llama.cpp libraries could not be loaded: {cause.Message} {NativePrerequisites.Missing()}".TrimEnd(), e)
            { Fault = LlamaFault.LibraryNotLoaded };
        }
    }

    private static SafeLlamaModelHandle LoadModel(string path, int gpuLayers, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        LLamaModelParams parameters = LLamaModelParams.Default();
        parameters.n_gpu_layers = gpuLayers;
        Exception? handlerFailure = null;
        LlamaProgressCallback onProgress = (share, _) =>
        {
            try
            {
                progress?.Report(share);
                return !cancellationToken.IsCancellationRequested;
            }
#pragma warning disable CA1031 // No exception may pass llama.cpp's frames; it is thrown again behind them.
            catch (Exception e)
#pragma warning restore CA1031
            {
                handlerFailure = e;
                return false;
            }
        };
        parameters.progress_callback = onProgress;
        try
        {
            return SafeLlamaModelHandle.LoadFromFile(path, parameters);
        }
        catch (LoadWeightsFailedException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (handlerFailure is not null)
            {
                ExceptionDispatchInfo.Throw(handlerFailure);
            }

            throw new LlamaModelException(path, $"llama.cpp could not load '{path}'. {NativeLog.LastErrors()}", e) { Fault = LlamaFault.ModelUnusable };
        }
        finally
        {
            GC.KeepAlive(onProgress);
        }
    }
}
