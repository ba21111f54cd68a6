using CurKv.Connector.KvCache;

namespace CurKv.Evaluation;

/// <summary>A policy at a share of evicted cells.</summary>
internal sealed record EvalSetting(string Policy, EvalRegime Regime, double Ratio)
{
    public KvCompressionOptions ToOptions(int? recent) => new() { Policy = Policy, Ratio = Ratio, Recent = recent };
}
