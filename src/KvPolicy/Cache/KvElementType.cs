namespace CurKv.KvPolicy.Cache;

/// <summary>How one element of a cached key or value is stored. The numbers are ggml's own type ids.</summary>
public enum KvElementType
{
    /// <summary>32-bit IEEE 754.</summary>
    F32 = 0,

    /// <summary>16-bit IEEE 754.</summary>
    F16 = 1,

    /// <summary>Blocks of 32: one f16 scale, then 16 bytes of 4-bit values biased by 8 (ggml <c>block_q4_0</c>, 18 bytes).</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32: one f16 scale, then 32 signed bytes (ggml <c>block_q8_0</c>, 34 bytes).</summary>
    Q8_0 = 8,

    /// <summary>bfloat16: the upper half of a 32-bit IEEE 754 number.</summary>
    BF16 = 30,
}
