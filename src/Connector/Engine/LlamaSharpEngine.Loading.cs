using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using LLama.Exceptions;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <content>Loads the native libraries and models.</content>
internal sealed unsafe partial class LlamaSharpEngine
{
    private static readonly Lock LibraryGate = new();
    private static string? _configuredPath;

    private static void LoadLibrary(string? path)
    {
        lock (LibraryGate)
        {
            if (_binding is not null)
            {
                // The system tells a loaded library's path with its links resolved; the setting may go through one.
                if (path is not null && Path.GetFullPath(path) != _binding.LibraryPath && Path.GetFullPath(path) != _configuredPath)
                {
                    throw new LlamaNativeLibraryException(
                        $"{nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.NativeLibraryPath)} is '{path}', but this process already runs '{_binding.LibraryPath}'. One process can use one llama.cpp build: set the same path everywhere.");
                }

                return;
            }

            try
            {
                if (path is not null && !NativeLibraryConfig.LLama.LibraryHasLoaded)
                {
                    NativeLibraryConfig.LLama.WithLibrary(Path.GetFullPath(path));
                }

                OpenMpWaiting.Bound();
                NativeLog.Install();
                NativeApi.llama_empty_call();
                nint llama = NativeModules.Handle(LlamaGaps.Llama);
                string libraryPath = NativeModules.FindPath(LlamaGaps.Llama)!;
                AbiGuard.Check(llama, libraryPath);
                CudaGuard.Check();
                _configuredPath = path is null ? null : Path.GetFullPath(path);
                _binding = new LlamaBinding(BindingName, Marshal.PtrToStringUTF8((nint)LlamaGaps.ggml_commit()) ?? "unknown", libraryPath);
            }
            catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
            {
                Exception cause = (e as TypeInitializationException)?.InnerException ?? e;
                throw new LlamaNativeLibraryException(
                    $"The llama.cpp libraries could not be loaded: {cause.Message} Install LLamaSharp.Backend.Cpu or LLamaSharp.Backend.Cuda12 beside the application, " +
                    $"or set {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.NativeLibraryPath)} to a libllama of the build that the binding was made for, and start the process again.",
                    e);
            }
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

            throw new LlamaModelException(path, $"llama.cpp could not load '{path}'. {NativeLog.LastErrors()} Set {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ModelPath)} to a whole GGUF of an architecture that this llama.cpp knows.", e);
        }
        finally
        {
            GC.KeepAlive(onProgress);
        }
    }
}
