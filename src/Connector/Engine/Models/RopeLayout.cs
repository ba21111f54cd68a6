namespace CurKv.Connector.Engine.Models;

/// <summary>Which elements of a head rotate together, as llama.cpp numbers it (<c>llama_rope_type</c>).</summary>
internal enum RopeLayout
{
    /// <summary>Nothing rotates.</summary>
    None = -1,

    /// <summary>Neighbours are pairs.</summary>
    Norm = 0,

    /// <summary>An element's partner is half of the rotated elements away.</summary>
    Neox = 2,

    /// <summary>Several positions for each token: time, height, width (Qwen2-VL).</summary>
    Multi = 8,

    /// <summary>Several positions for each token of an image encoder.</summary>
    Vision = 24,

    /// <summary>As <see cref="Multi"/>, interleaved (Qwen3-VL, Qwen 3.5).</summary>
    InterleavedMulti = 40,
}
