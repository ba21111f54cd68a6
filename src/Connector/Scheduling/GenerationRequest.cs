using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>What one answer is generated from.</summary>
internal sealed record GenerationRequest
{
    /// <summary>What is already read and goes before the tokens; null for nothing.</summary>
    public KvSnapshot? Prefix { get; init; }

    /// <summary>The tokens to read.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>How the cache is compressed once they are read; null to keep all of it.</summary>
    public KvCompressionPlan? Compression { get; init; }

    /// <summary>Whether the answer has to keep to a form, such as a schema or a tool call's: then nothing is evicted while it is decoded.</summary>
    public bool IsConstrained { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public required SamplerSettings Sampler { get; init; }

    /// <summary>Texts that end the answer and do not appear in it.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>The longest answer in tokens; null for no limit but the context's end.</summary>
    public int? MaxOutputTokens { get; init; }
}
