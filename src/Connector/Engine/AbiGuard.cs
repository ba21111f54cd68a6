using System.Runtime.InteropServices;
using CurKv.Connector.Chat;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <summary>
/// Refuses a libllama whose parameter structs are not laid out as the binding's: they go by value, and a wrong layout crashes
/// the process or silently sets other fields.
/// </summary>
internal static unsafe class AbiGuard
{
    private const byte Canary = 0xA5;
    private const int ProbeBytes = 512;

    /// <summary>Compares the structs' sizes and known defaults with the loaded library's.</summary>
    /// <exception cref="LlamaNativeLibraryException">They differ.</exception>
    public static void Check(nint llama, string libraryPath)
    {
        // On x64 a large struct comes back through a hidden pointer, which is the function's only argument. Other
        // architectures pass it elsewhere, so there the defaults alone decide.
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            CheckSize<LLamaContextParams>(llama, "llama_context_default_params", libraryPath);
            CheckSize<LLamaModelParams>(llama, "llama_model_default_params", libraryPath);
        }

        LLamaContextParams context = LLamaContextParams.Default();
        LLamaModelParams model = LLamaModelParams.Default();
        bool known = context is { n_ctx: 512, n_batch: 2048, n_ubatch: 512, n_seq_max: 1, n_threads: > 0, n_threads_batch: > 0, cb_eval: 0 }
            && context is { context_type: LLamaContextType.Default, rope_scaling_type: RopeScalingType.Unspecified, llama_pooling_type: LLamaPoolingType.Unspecified }
            && context is { attention_type: LLamaAttentionType.Unspecified, llama_flash_attn_type: LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO }
            && context is { rope_freq_base: 0, rope_freq_scale: 0, yarn_ext_factor: -1, yarn_beta_slow: -1, yarn_orig_ctx: 0, defrag_threshold: -1 }
            && context.type_k == GGMLType.GGML_TYPE_F16 && context.type_v == GGMLType.GGML_TYPE_F16
            && context is { embeddings: false, offload_kqv: true, op_offload: true, kv_unified: false }
            && model is { load_mode: LLamaLoadMode.MemoryMap, main_gpu: 0, check_tensors: false, use_extra_bufts: true };
        if (!known)
        {
            throw Mismatch(libraryPath, "its default parameters are not where the binding expects them");
        }
    }

    private static void CheckSize<T>(nint llama, string function, string libraryPath)
    {
        byte* probe = stackalloc byte[ProbeBytes];
        int expected = Marshal.SizeOf<T>();
        int actual = 0;

        // Two fills: a byte that the library writes with the canary's own value shows in the other run.
        for (int run = 0; run < 2; run++)
        {
            byte fill = (byte)(Canary + run);
            new Span<byte>(probe, ProbeBytes).Fill(fill);
            ((delegate* unmanaged[Cdecl]<byte*, byte*>)NativeLibrary.GetExport(llama, function))(probe);
            actual = Math.Max(actual, new Span<byte>(probe, ProbeBytes).LastIndexOfAnyExcept(fill) + 1);
        }

        // The last bytes of a struct may be padding that nothing writes.
        if (actual > expected || actual <= expected - 8)
        {
            throw Mismatch(libraryPath, $"{function} fills {actual} bytes where the binding has {expected}");
        }
    }

    private static LlamaNativeLibraryException Mismatch(string libraryPath, string why) => new(
        $"The llama.cpp library '{libraryPath}' is another build than this binding was made for: {why}. " +
        $"Use the natives of the same version as the binding (LLamaSharp.Backend.* beside LLamaSharp), or leave {nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.NativeLibraryPath)} unset.");
}
