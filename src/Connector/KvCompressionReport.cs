using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Diagnostics;

namespace CurKv.Connector;

/// <summary>What compressing one sequence did.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Path">How the cells were read and rewritten.</param>
/// <param name="CellsBefore">Cells of the sequence before: one for each token, unless some were evicted already.</param>
/// <param name="CellsAfter">Cells after it.</param>
/// <param name="ScoreTime">Reading, scoring and selecting.</param>
/// <param name="RewriteTime">Gathering the kept rows and giving them back to llama.cpp.</param>
/// <param name="Loss">What attention lost by it, on the prompt's last queries; null unless <see cref="KvCompressionOptions.MeasureLoss"/> is set and queries can be observed.</param>
public sealed record KvCompressionReport(
    string Policy, KvRewritePath Path, int CellsBefore, int CellsAfter, TimeSpan ScoreTime, TimeSpan RewriteTime, KvEvictionLoss? Loss = null)
{
    /// <summary>Scoring and rewriting together.</summary>
    public TimeSpan TotalTime => ScoreTime + RewriteTime;
}
