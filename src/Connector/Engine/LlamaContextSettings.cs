using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Engine;

/// <summary>The sizes of a context.</summary>
internal sealed record LlamaContextSettings
{
    /// <summary>The threads of a client that sets none.</summary>
    public static int DefaultThreads => Math.Max(Math.Min(4, Environment.ProcessorCount), Environment.ProcessorCount / 2);

    /// <summary>Cells for each sequence.</summary>
    public required int ContextSize { get; init; }

    /// <summary>Tokens in one call to decode, at most.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>Sequences, each with a stream of cells of its own.</summary>
    public int Sequences { get; init; } = 1;

    /// <summary>Threads for prefill and decode.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Whether attention is fused.</summary>
    public FlashAttentionMode FlashAttention { get; init; } = FlashAttentionMode.Auto;

    /// <summary>How keys are stored.</summary>
    public KvElementType KeyType { get; init; } = KvElementType.F16;

    /// <summary>How values are stored.</summary>
    public KvElementType ValueType { get; init; } = KvElementType.F16;
}
