using System.Collections.Frozen;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>The input of one answer. Used once, because the parser has state.</summary>
internal sealed record GenerationRequest
{
    /// <summary>The snapshot that precedes the tokens; null for none.</summary>
    public KvSnapshot? Prefix { get; init; }

    /// <summary>The tokens to prefill.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>How the cache is compressed after prefill; null to keep all of it.</summary>
    public KvCompressionPlan? Compression { get; init; }

    /// <summary>The settings of sampling. While its grammar is enforced, nothing is evicted.</summary>
    public required SamplerSettings Sampler { get; init; }

    /// <summary>Splits the output into contents. By default all of it is text.</summary>
    public IOutputParser Parser { get; init; } = new PlainOutputParser();

    /// <summary>The special tokens whose text the parser receives. Others have no text.</summary>
    public FrozenSet<int> VisibleSpecialTokens { get; init; } = [];

    /// <summary>Texts that end the answer and are not part of it.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>The maximum length of the answer in tokens; null for no limit except the context size.</summary>
    public int? MaxOutputTokens { get; init; }
}
