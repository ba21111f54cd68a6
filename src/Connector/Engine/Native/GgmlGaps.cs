using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>ggml's own graphs, backends and buffers, which LLamaSharp does not expose: pointers and integers only.</summary>
/// <remarks>
/// Signatures and meanings are those of LLamaSharp 0.30.0's llama.cpp (b10221). ggml ends the process on shapes that
/// do not fit: <see cref="GgmlGraph"/> is built by callers that know theirs.
/// </remarks>
internal static unsafe partial class GgmlGaps
{
    /// <summary>libggml's plain name: the registry of devices. Everything else is in libggml-base.</summary>
    public const string Ggml = "ggml";

    /// <summary><c>GGML_BACKEND_DEVICE_TYPE_CPU</c>.</summary>
    public const int CpuDevice = 0;

    /// <summary><c>GGML_PREC_F32</c>: products are summed in float32.</summary>
    public const int Float32Precision = 10;

    /// <summary><c>GGML_TYPE_F32</c>.</summary>
    public const int Float32 = 0;

    /// <summary><c>GGML_TYPE_F16</c>.</summary>
    public const int Float16 = 1;

    /// <summary><c>GGML_TYPE_I32</c>.</summary>
    public const int Int32 = 26;

    /// <summary><c>GGML_ROPE_TYPE_NEOX</c>; neighbours as pairs are 0.</summary>
    public const int NeoxRope = 2;

    private const string Base = LlamaGaps.GgmlBase;

    [LibraryImport(Ggml)]
    public static partial nint ggml_backend_dev_by_type(int type);

    [LibraryImport(Ggml)]
    public static partial nuint ggml_backend_dev_count();

    /// <summary>Loads a backend's library; 0 where it cannot be.</summary>
    [LibraryImport(Ggml, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ggml_backend_load(string path);

    [LibraryImport(Ggml, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void ggml_backend_load_all_from_path(string path);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_buffer_get_type(nint buffer);

    [LibraryImport(Base)]
    public static partial void* ggml_backend_buffer_get_base(nint buffer);

    [LibraryImport(Base)]
    public static partial void ggml_backend_buffer_free(nint buffer);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_buft_get_device(nint bufferType);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_buft_alloc_buffer(nint bufferType, nuint size);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_dev_init(nint device, byte* parameters);

    [LibraryImport(Base)]
    public static partial byte* ggml_backend_dev_name(nint device);

    [LibraryImport(Base)]
    public static partial void ggml_backend_dev_memory(nint device, nuint* free, nuint* total);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_dev_host_buffer_type(nint device);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_dev_backend_reg(nint device);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_reg_get_proc_address(nint registration, byte* name);

    [LibraryImport(Base)]
    public static partial void ggml_backend_free(nint backend);

    [LibraryImport(Base)]
    public static partial nint ggml_backend_get_default_buffer_type(nint backend);

    [LibraryImport(Base)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool ggml_backend_supports_op(nint backend, GgmlTensor* node);

    [LibraryImport(Base)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool ggml_backend_supports_buft(nint backend, nint bufferType);

    [LibraryImport(Base)]
    public static partial int ggml_backend_graph_compute(nint backend, nint graph);

    [LibraryImport(Base)]
    public static partial void ggml_backend_synchronize(nint backend);

    [LibraryImport(Base)]
    public static partial void ggml_backend_tensor_set(GgmlTensor* tensor, void* source, nuint offset, nuint size);

    [LibraryImport(Base)]
    public static partial int ggml_backend_tensor_alloc(nint buffer, GgmlTensor* tensor, void* address);

    [LibraryImport(Base)]
    public static partial nint ggml_gallocr_new(nint bufferType);

    [LibraryImport(Base)]
    public static partial void ggml_gallocr_free(nint allocator);

    [LibraryImport(Base)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool ggml_gallocr_alloc_graph(nint allocator, nint graph);

    [LibraryImport(Base)]
    public static partial nint ggml_init(GgmlContextParameters parameters);

    [LibraryImport(Base)]
    public static partial void ggml_reset(nint context);

    [LibraryImport(Base)]
    public static partial void ggml_free(nint context);

    [LibraryImport(Base)]
    public static partial nuint ggml_tensor_overhead();

    [LibraryImport(Base)]
    public static partial nuint ggml_graph_overhead_custom(nuint size, [MarshalAs(UnmanagedType.U1)] bool gradients);

    [LibraryImport(Base)]
    public static partial nint ggml_new_graph_custom(nint context, nuint size, [MarshalAs(UnmanagedType.U1)] bool gradients);

    [LibraryImport(Base)]
    public static partial void ggml_build_forward_expand(nint graph, GgmlTensor* node);

    [LibraryImport(Base)]
    public static partial void ggml_set_input(GgmlTensor* tensor);

    [LibraryImport(Base)]
    public static partial void ggml_set_output(GgmlTensor* tensor);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_new_tensor_2d(nint context, int type, long extent0, long extent1);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_view_1d(nint context, GgmlTensor* source, long extent0, nuint offset);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_view_2d(nint context, GgmlTensor* source, long extent0, long extent1, nuint stride1, nuint offset);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_view_3d(
        nint context, GgmlTensor* source, long extent0, long extent1, long extent2, nuint stride1, nuint stride2, nuint offset);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_view_4d(
        nint context, GgmlTensor* source, long extent0, long extent1, long extent2, long extent3, nuint stride1, nuint stride2, nuint stride3, nuint offset);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_reshape_2d(nint context, GgmlTensor* source, long extent0, long extent1);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_reshape_3d(nint context, GgmlTensor* source, long extent0, long extent1, long extent2);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_permute(nint context, GgmlTensor* source, int axis0, int axis1, int axis2, int axis3);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_transpose(nint context, GgmlTensor* source);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_cont(nint context, GgmlTensor* source);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_cast(nint context, GgmlTensor* source, int type);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_cpy(nint context, GgmlTensor* source, GgmlTensor* destination);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_get_rows(nint context, GgmlTensor* source, GgmlTensor* indices);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_add(nint context, GgmlTensor* a, GgmlTensor* b);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_sub(nint context, GgmlTensor* a, GgmlTensor* b);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_mul(nint context, GgmlTensor* a, GgmlTensor* b);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_sum_rows(nint context, GgmlTensor* source);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_scale(nint context, GgmlTensor* source, float factor);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_sqr(nint context, GgmlTensor* source);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_mul_mat(nint context, GgmlTensor* a, GgmlTensor* b);

    [LibraryImport(Base)]
    public static partial void ggml_mul_mat_set_prec(GgmlTensor* product, int precision);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_out_prod(nint context, GgmlTensor* a, GgmlTensor* b);

    [LibraryImport(Base)]
    public static partial GgmlTensor* ggml_rope_ext_back(
        nint context, GgmlTensor* source, GgmlTensor* positions, GgmlTensor* frequencyFactors, int dimensions, int mode, int trainedContext,
        float frequencyBase, float frequencyScale, float extrapolation, float attentionFactor, float betaFast, float betaSlow);
}
