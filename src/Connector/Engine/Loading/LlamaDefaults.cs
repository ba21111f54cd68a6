using LLama.Native;

namespace CurKv.Connector.Engine.Loading;

/// <summary>llama.cpp's parameter structs with their defaults, field by field as in <c>llama.h</c> of <see cref="LlamaCppBuild.Release"/>.</summary>
internal static class LlamaDefaults
{
    /// <summary><c>llama_context_params</c>.</summary>
    public static NativeStruct Context { get; } = new()
    {
        { "n_ctx", 512 },
        { "n_batch", 2048 },
        { "n_ubatch", 512 },
        { "n_seq_max", 1 },
        { "n_rs_seq", 0 },
        { "n_outputs_max", 0 },
        { "n_threads", 4 },
        { "n_threads_batch", 4 },
        { "ctx_type", (int)LLamaContextType.Default },
        { "rope_scaling_type", (int)RopeScalingType.Unspecified },
        { "pooling_type", (int)LLamaPoolingType.Unspecified },
        { "attention_type", (int)LLamaAttentionType.Unspecified },
        { "flash_attn_type", (int)LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO },
        { "rope_freq_base", 0f },
        { "rope_freq_scale", 0f },
        { "yarn_ext_factor", -1f },
        { "yarn_attn_factor", -1f },
        { "yarn_beta_fast", -1f },
        { "yarn_beta_slow", -1f },
        { "yarn_orig_ctx", 0 },
        { "defrag_thold", -1f },
        { "cb_eval", (nint)0 },
        { "cb_eval_user_data", (nint)0 },
        { "type_k", (int)GGMLType.GGML_TYPE_F16 },
        { "type_v", (int)GGMLType.GGML_TYPE_F16 },
        { "abort_callback", (nint)0 },
        { "abort_callback_data", (nint)0 },
        { "embeddings", false },
        { "offload_kqv", true },
        { "no_perf", true },
        { "op_offload", true },
        { "swa_full", true },
        { "kv_unified", false },
        { "samplers", (nint)0 },
        { "n_samplers", (nuint)0 },
        { "ctx_other", (nint)0 },
    };

    /// <summary><c>llama_model_params</c>.</summary>
    public static NativeStruct Model { get; } = new()
    {
        { "devices", (nint)0 },
        { "tensor_buft_overrides", (nint)0 },
        { "n_gpu_layers", -1 },
        { "split_mode", (int)GPUSplitMode.Layer },
        { "load_mode", (int)LLamaLoadMode.MemoryMap },
        { "main_gpu", 0 },
        { "tensor_split", (nint)0 },
        { "progress_callback", (nint)0 },
        { "progress_callback_user_data", (nint)0 },
        { "kv_overrides", (nint)0 },
        { "vocab_only", false },
        { "check_tensors", false },
        { "use_extra_bufts", true },
        { "no_host", false },
        { "no_alloc", false },
        { "load_mtp", false },
    };
}
