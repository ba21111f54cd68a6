namespace CurKv.Benchmarks.Grammar;

/// <summary>One way of drawing, with and without a grammar. Times are microseconds for each token.</summary>
/// <param name="Temperature">0 takes the likeliest token.</param>
/// <param name="Tokens">Tokens in each answer.</param>
/// <param name="OtherTokens">The share of tokens that differ from what is drawn without the grammar: at least these were drawn again.</param>
/// <param name="DecodeUs">Decoding.</param>
/// <param name="SampleUs">Drawing without the grammar.</param>
/// <param name="BoundSampleUs">Drawing with it.</param>
/// <param name="Share">What the grammar adds, as a share of decoding and drawing without it.</param>
internal sealed record GrammarRow(
    float Temperature, int Tokens, double OtherTokens, double DecodeUs, double SampleUs, double BoundSampleUs, double Share);
