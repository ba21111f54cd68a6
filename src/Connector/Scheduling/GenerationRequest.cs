using System.Collections.Frozen;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>What one answer is generated from. For one answer only: the reader remembers.</summary>
internal sealed record GenerationRequest
{
    /// <summary>What is already read and goes before the tokens; null for nothing.</summary>
    public KvSnapshot? Prefix { get; init; }

    /// <summary>The tokens to read.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>How the cache is compressed once they are read; null to keep all of it.</summary>
    public KvCompressionPlan? Compression { get; init; }

    /// <summary>How tokens are drawn. While its grammar binds nothing is evicted.</summary>
    public required SamplerSettings Sampler { get; init; }

    /// <summary>Divides the answer into contents; by default all of it is text.</summary>
    public IOutputParser Parser { get; init; } = new PlainOutputParser();

    /// <summary>The special tokens whose texts the reader wants to see; others have none.</summary>
    public FrozenSet<int> VisibleSpecialTokens { get; init; } = [];

    /// <summary>Texts that end the answer and do not appear in it.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>The longest answer in tokens; null for no limit but the context's end.</summary>
    public int? MaxOutputTokens { get; init; }
}
