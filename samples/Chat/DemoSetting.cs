using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Samples.Chat;

/// <summary>One way to read the document.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Ratio">The share of the cells that it evicts.</param>
/// <param name="QuestionAware">Whether the document is kept whole, and cut to what each question needs once that is read.</param>
internal sealed record DemoSetting(string Policy, double Ratio, bool QuestionAware = false)
{
    public static DemoSetting FullCache { get; } = new(KvCompressionOptions.NoPolicy, 0);

    public string Label => this == FullCache ? "full cache" : FormattableString.Invariant($"{Policy} {Ratio * 100:0}%");

    public LlamaDocumentOptions Options => new() { Compression = QuestionAware ? FullCache.Compression : Compression };

    /// <summary>How questions are asked: greedily, and with the compression that belongs to them.</summary>
    public ChatOptions ChatOptions => new() { Temperature = 0, MaxOutputTokens = 48, RawRepresentationFactory = QuestionAware ? _ => Compression : null };

    private KvCompressionOptions Compression => new() { Policy = Policy, Ratio = Ratio };
}
