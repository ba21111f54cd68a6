using CurKv.Connector;

namespace CurKv.Samples.Chat;

/// <summary>One way to read the document.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Ratio">The share of the cells that it evicts.</param>
internal sealed record DemoSetting(string Policy, double Ratio)
{
    public static DemoSetting FullCache { get; } = new(KvCompressionOptions.NoPolicy, 0);

    public string Label => this == FullCache ? "full cache" : FormattableString.Invariant($"{Policy} {Ratio * 100:0}%");

    public LlamaDocumentOptions Options => new() { Compression = new KvCompressionOptions { Policy = Policy, Ratio = Ratio } };
}
