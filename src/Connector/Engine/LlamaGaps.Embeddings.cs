using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine;

/// <summary>llama.cpp's embeddings: LLamaSharp takes the vectors' length for the model's inner one, which some models project to another.</summary>
internal static unsafe partial class LlamaGaps
{
    [LibraryImport(Llama)]
    public static partial int llama_model_n_embd_out(nint model);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_model_has_encoder(nint model);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_model_has_decoder(nint model);

    [LibraryImport(Llama)]
    public static partial void llama_memory_clear(nint memory, [MarshalAs(UnmanagedType.U1)] bool data);

    /// <summary>A sequence's pooled vector; null where it was not in the last batch.</summary>
    [LibraryImport(Llama)]
    public static partial float* llama_get_embeddings_seq(nint context, int sequence);
}
