namespace CurKv.Jinja.Values;

/// <summary>A part of a string that came from the context.</summary>
/// <param name="Start">The part's first character.</param>
/// <param name="Length">How many characters it has.</param>
/// <param name="Origin">Where it came from.</param>
internal readonly record struct JinjaSource(int Start, int Length, JinjaOrigin Origin)
{
    /// <summary>The character behind the part.</summary>
    public int End => Start + Length;
}
