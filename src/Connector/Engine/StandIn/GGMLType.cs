namespace LLama.Native;

/// <summary><c>ggml_type</c>; the adapter casts the cache's element type to it.</summary>
internal enum GGMLType
{
    GGML_TYPE_F32 = 0,
    GGML_TYPE_F16 = 1,
}
