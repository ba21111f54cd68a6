using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Diagnostics;

namespace CurKv.Connector;

/// <summary>The result of one compression of a sequence.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Path">How the cells were read and rewritten.</param>
/// <param name="CellsBefore">The sequence's cells before the compression: one for each token, unless some were evicted earlier.</param>
/// <param name="CellsAfter">The sequence's cells after the compression.</param>
/// <param name="ScoreTime">The time to read, score and select.</param>
/// <param name="RewriteTime">The time to gather the kept rows and to store them in llama.cpp's cache.</param>
/// <param name="Loss">What attention lost, measured on the prompt's last queries; null unless <see cref="KvCompressionOptions.MeasureLoss"/> is set and queries can be observed.</param>
public sealed record KvCompressionReport(
    string Policy, KvRewritePath Path, int CellsBefore, int CellsAfter, TimeSpan ScoreTime, TimeSpan RewriteTime, KvEvictionLoss? Loss = null)
{
    /// <summary>The time for scoring and rewriting together.</summary>
    public TimeSpan TotalTime => ScoreTime + RewriteTime;
}
