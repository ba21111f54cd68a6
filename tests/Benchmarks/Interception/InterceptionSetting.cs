using CurKv.Connector;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Naming;

namespace CurKv.Benchmarks.Interception;

/// <summary>One way to compress.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Path">The path that is taken, whether or not the product would choose it.</param>
internal sealed record InterceptionSetting(string Policy, KvRewritePath Path)
{
    /// <summary>The share of the cells that is evicted.</summary>
    public const double Ratio = 0.9;

    /// <summary>What the product makes of it for a document, whose questions are not known yet.</summary>
    /// <exception cref="ArgumentException">The policy is unknown, keeps everything, or wants more queries than are decoded at once.</exception>
    public KvCompressionPlan Plan()
    {
        var options = new KvCompressionOptions { Policy = Policy, Ratio = Ratio };
        KvCompressionPlan plan = new KvCompressionPlanner(options, KvPolicyCatalog.Default, observesQueries: true).Plan([], [], questionKnown: false)
            ?? throw new ArgumentException($"The policy '{Policy}' evicts nothing, so there is nothing to measure.");
        return plan.QueryWindow <= FilledContext.ChunkTokens
            ? plan
            : throw new ArgumentException($"The policy '{Policy}' wants the last {plan.QueryWindow} queries; {FilledContext.ChunkTokens} are decoded at most.");
    }
}
