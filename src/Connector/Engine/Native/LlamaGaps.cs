using System.Runtime.InteropServices;
using LLama.Native;

namespace CurKv.Connector.Engine.Native;

/// <summary>
/// What LLamaSharp does not expose, or wraps at a cost: pointers, integers and the one stable struct only, so that a changed
/// parameter layout cannot touch it.
/// </summary>
internal static unsafe partial class LlamaGaps
{
    /// <summary>libllama's plain name.</summary>
    public const string Llama = "llama";

    /// <summary>libggml-base's plain name.</summary>
    public const string GgmlBase = "ggml-base";

    // LLamaSharp's Decode pins a dozen arrays for each call and takes a lock that all contexts of the process share. No
    // LibraryImport: it does not take structs of other assemblies by value.
    [DllImport(Llama, CallingConvention = CallingConvention.Cdecl)]
    public static extern int llama_decode(nint context, LLamaNativeBatch batch);

    [LibraryImport(Llama)]
    public static partial nint llama_get_memory(nint context);

    // LLamaSharp drops the answer.
    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_memory_seq_rm(nint memory, int sequence, int from, int to);

    [LibraryImport(Llama)]
    public static partial nuint llama_state_seq_get_size_ext(nint context, int sequence, uint flags);

    [LibraryImport(Llama)]
    public static partial nuint llama_state_seq_get_data_ext(nint context, byte* destination, nuint size, int sequence, uint flags);

    [LibraryImport(Llama)]
    public static partial nuint llama_state_seq_set_data_ext(nint context, byte* source, nuint size, int sequence, uint flags);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_model_is_hybrid(nint model);

    [LibraryImport(GgmlBase)]
    public static partial byte* ggml_commit();

    [LibraryImport(GgmlBase)]
    public static partial GgmlTypeTraits* ggml_get_type_traits(int type);

    [LibraryImport(GgmlBase)]
    public static partial byte* ggml_op_name(int operation);

    [LibraryImport(GgmlBase)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool ggml_backend_buffer_is_host(nint buffer);

    [LibraryImport(GgmlBase)]
    public static partial void ggml_backend_tensor_get(GgmlTensor* tensor, void* destination, nuint offset, nuint size);

    /// <summary>The name of a node's operation, such as <c>MUL_MAT</c>.</summary>
    public static string OperationName(GgmlTensor* node) => Marshal.PtrToStringUTF8((nint)ggml_op_name(node->Operation)) ?? "an operation";

    /// <summary>Whether a node's operation has this name. The numbers differ between builds.</summary>
    public static bool OperationIs(GgmlTensor* node, ReadOnlySpan<byte> name) =>
        MemoryMarshal.CreateReadOnlySpanFromNullTerminated(ggml_op_name(node->Operation)).SequenceEqual(name);
}
