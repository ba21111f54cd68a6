namespace CurKv.KvPolicy.Cache;

/// <summary>Neighbouring tokens of a prompt, by their positions.</summary>
/// <param name="Start">The first token, from 0.</param>
/// <param name="End">The token after the last one.</param>
public readonly record struct TokenRange(int Start, int End)
{
    /// <summary>The number of tokens.</summary>
    public int Length => End - Start;
}
