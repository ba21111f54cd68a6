namespace CurKv.Benchmarks.Compression;

/// <summary>One policy at one ratio: medians over the rounds. Times are milliseconds, speeds tokens per second.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Ratio">The share of the cells that it evicts.</param>
/// <param name="Path">How the cells were rewritten.</param>
/// <param name="CellsBefore">Cells before.</param>
/// <param name="CellsAfter">Cells after.</param>
/// <param name="PrefillMs">Reading the document.</param>
/// <param name="ScoreMs">Scoring and selecting.</param>
/// <param name="RewriteMs">Gathering and giving back.</param>
/// <param name="PrefillShare">Scoring and rewriting, as a share of the reading in the same round.</param>
/// <param name="DecodeTpsBefore">Decoding with the full cache, in the same round.</param>
/// <param name="DecodeTpsAfter">Decoding with what is left.</param>
/// <param name="DecodeSpeedup">The second over the first, round by round.</param>
internal sealed record CompressionRow(
    string Policy, double Ratio, string Path, int CellsBefore, int CellsAfter, double PrefillMs, double ScoreMs, double RewriteMs,
    double PrefillShare, double DecodeTpsBefore, double DecodeTpsAfter, double DecodeSpeedup);
