namespace CurKv.Benchmarks.Interception;

/// <summary>One policy on one path. Times are medians in milliseconds; all compress the same full cache.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Path">How the cells were read and rewritten: <c>in-place</c>, <c>compact</c> or <c>state</c>.</param>
/// <param name="Tokens">The number of cached tokens.</param>
/// <param name="Cache">How keys and values are stored: <c>f16</c> or <c>q8_0</c>.</param>
/// <param name="ScoreMs">Reading, scoring and selecting.</param>
/// <param name="RewriteMs">Gathering what is kept and giving it back.</param>
/// <param name="ReadFloorMs">Reading every key and value once and writing what is kept once, with all processors.</param>
/// <param name="OfFloor">Scoring and rewriting over that floor.</param>
/// <param name="ExtraBytes">The first compression's peak of physical memory, above what was resident before; null where the system does not count it.</param>
/// <param name="KeptBytes">Bytes of the kept keys and values.</param>
/// <param name="PrefillShare">Scoring and rewriting over the estimated time of reading the tokens.</param>
/// <param name="DecodeSpeedup">A token's time with the full cache over its time with what is kept.</param>
/// <param name="OfBound">That speed-up over the ratio of the bytes that a token reads: weights and cache, full and compressed.</param>
internal sealed record InterceptionRow(
    string Policy, string Path, int Tokens, string Cache, double ScoreMs, double RewriteMs, double ReadFloorMs, double OfFloor,
    long? ExtraBytes, long KeptBytes, double PrefillShare, double DecodeSpeedup, double OfBound);
