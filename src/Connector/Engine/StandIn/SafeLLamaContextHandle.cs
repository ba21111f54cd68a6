using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>A context: the KV cache and the compute buffers over one model.</summary>
internal sealed partial class SafeLLamaContextHandle : SafeLLamaHandleBase
{
    private SafeLlamaModelHandle? _model;

    public static SafeLLamaContextHandle Create(SafeLlamaModelHandle model, LLamaContextParams lparams)
    {
        SafeLLamaContextHandle context = llama_init_from_model(model, lparams);
        if (context.IsInvalid)
        {
            return context;
        }

        bool taken = false;
        model.DangerousAddRef(ref taken);
        context._model = model;
        return context;

        [DllImport(NativeApi.LibraryName, CallingConvention = CallingConvention.Cdecl)]
        static extern SafeLLamaContextHandle llama_init_from_model(SafeLlamaModelHandle model, LLamaContextParams @params);
    }

    public unsafe Span<float> GetLogitsIth(int i)
    {
        float* logits = llama_get_logits_ith(this, i);
        return logits == null
            ? throw new InvalidOperationException($"No logits were computed at {i}.")
            : new Span<float>(logits, _model!.Vocab.Count);
    }

    public void Synchronize() => llama_synchronize(this);

    public LLamaPos MemorySequenceMinPosition(LLamaSeqId seq) => llama_memory_seq_pos_min(llama_get_memory(this), seq);

    public LLamaPos MemorySequenceMaxPosition(LLamaSeqId seq) => llama_memory_seq_pos_max(llama_get_memory(this), seq);

    protected override bool ReleaseHandle()
    {
        llama_free(handle);
        _model?.DangerousRelease();
        return true;
    }

    [LibraryImport(NativeApi.LibraryName)]
    private static partial void llama_free(nint context);

    [LibraryImport(NativeApi.LibraryName)]
    private static unsafe partial float* llama_get_logits_ith(SafeLLamaContextHandle context, int index);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial void llama_synchronize(SafeLLamaContextHandle context);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial nint llama_get_memory(SafeLLamaContextHandle context);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_memory_seq_pos_min(nint memory, LLamaSeqId sequence);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_memory_seq_pos_max(nint memory, LLamaSeqId sequence);
}
