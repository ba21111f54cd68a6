using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>llama.cpp's embeddings: LLamaSharp takes the vectors' length for the model's inner one, which some models project to another.</summary>
internal static unsafe partial class LlamaGaps
{
    [LibraryImport(Llama)]
    public static partial int llama_model_n_embd_out(nint model);

    /// <summary>A sequence's pooled vector; null where it was not in the last batch.</summary>
    [LibraryImport(Llama)]
    public static partial float* llama_get_embeddings_seq(nint context, int sequence);
}
