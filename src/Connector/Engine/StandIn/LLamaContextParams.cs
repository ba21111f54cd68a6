using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary><c>llama_context_params</c>, 160 bytes in b9842: LLamaSharp 0.28.0's 144 with <c>n_outputs_max</c> and <c>ctx_other</c> added.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LLamaContextParams
{
    public uint n_ctx;
    public uint n_batch;
    public uint n_ubatch;
    public uint n_seq_max;
    public uint n_rs_seq;
    private uint _outputsMax;
    public int n_threads;
    public int n_threads_batch;
    public int context_type;
    public int rope_scaling_type;
    public LLamaPoolingType llama_pooling_type;
    public int attention_type;
    public LLamaFlashAttentionType llama_flash_attn_type;
    public float rope_freq_base;
    public float rope_freq_scale;
    public float yarn_ext_factor;
    public float yarn_attn_factor;
    public float yarn_beta_fast;
    public float yarn_beta_slow;
    public uint yarn_orig_ctx;
    public float defrag_threshold;
    public nint cb_eval;
    public nint cb_eval_user_data;
    public GGMLType type_k;
    public GGMLType type_v;
    public nint abort_callback;
    public nint abort_callback_user_data;
    private byte _embeddings;
    private byte _offloadKqv;
    private byte _noPerf;
    private byte _opOffload;
    private byte _swaFull;
    private byte _kvUnified;
    private nint _samplers;
    private nuint _samplerCount;
    private nint _otherContext;

    public bool embeddings
    {
        readonly get => _embeddings != 0;
        set => _embeddings = value ? (byte)1 : (byte)0;
    }

    public bool offload_kqv
    {
        readonly get => _offloadKqv != 0;
        set => _offloadKqv = value ? (byte)1 : (byte)0;
    }

    public bool kv_unified
    {
        readonly get => _kvUnified != 0;
        set => _kvUnified = value ? (byte)1 : (byte)0;
    }

    public static LLamaContextParams Default()
    {
        return llama_context_default_params();

        [DllImport(NativeApi.LibraryName, CallingConvention = CallingConvention.Cdecl)]
        static extern LLamaContextParams llama_context_default_params();
    }
}
