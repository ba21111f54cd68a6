using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary><c>llama_batch</c>: the one struct besides the parameters that goes by value; the same in all builds so far.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LLamaNativeBatch
{
    public int n_tokens;
    public LLamaToken* tokens;
    public float* embd;
    public LLamaPos* pos;
    public int* n_seq_id;
    public LLamaSeqId** seq_id;
    public byte* logits;
}
