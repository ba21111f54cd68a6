namespace CurKv.KvPolicy.Cache;

/// <summary>How a model rotates positions into its keys (RoPE, arXiv 2104.09864), without any scaling of the frequencies.</summary>
/// <param name="Base">The base of the frequencies: pair i turns by <c>position · Base^(−2i/Dimensions)</c> radians.</param>
/// <param name="Dimensions">How many of a key's first elements are rotated.</param>
/// <param name="Interleaved">
/// Whether neighbours (0 and 1, 2 and 3, …) are a pair, as llama's; otherwise element i pairs with <c>i + Dimensions/2</c>, as
/// NeoX's.
/// </param>
public sealed record RotaryEmbedding(double Base, int Dimensions, bool Interleaved);
