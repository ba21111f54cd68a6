namespace CurKv.Benchmarks.Gpu;

/// <summary>The shape of a llama-architecture model.</summary>
internal sealed record ModelShape(
    string Name, int Layers, int Embedding, int QueryHeads, int KvHeads, int HeadDimension, int FeedForward, int Vocabulary, float RopeBase)
{
    public static ModelShape[] All { get; } =
    [
        new("llama-3.1-8b", 32, 4096, 32, 8, 128, 14336, 128256, 500000),
        new("mistral-7b", 32, 4096, 32, 8, 128, 14336, 32768, 1000000),
        new("tiny", 4, 256, 8, 2, 64, 512, 512, 10000),
    ];

    /// <summary>Bytes of one token's keys and values in all layers, at so many bytes for 32 elements.</summary>
    public long CacheBytesPerToken(int bytesOf32) => 2L * Layers * KvHeads * HeadDimension / 32 * bytesOf32;
}
