namespace CurKv.Benchmarks.Kernels;

/// <summary>One policy over a cache of 8 layers x 8 heads x 128, f16.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Tokens">The number of cached tokens.</param>
/// <param name="Ms">Scoring and selecting with all threads: the median in milliseconds.</param>
internal sealed record PolicyRow(string Policy, int Tokens, double Ms);
