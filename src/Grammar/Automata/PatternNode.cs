namespace CurKv.Grammar.Automata;

/// <summary>A regular expression, parsed.</summary>
internal abstract record PatternNode
{
    /// <summary>Matches the empty text.</summary>
    public static PatternNode Empty { get; } = new Sequence([]);

    /// <summary>One character of a set.</summary>
    /// <param name="Characters">The set.</param>
    public sealed record Character(CodePointSet Characters) : PatternNode;

    /// <summary>Parts one after the other.</summary>
    /// <param name="Parts">The parts.</param>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>One of several.</summary>
    /// <param name="Options">The options.</param>
    public sealed record Choice(IReadOnlyList<PatternNode> Options) : PatternNode;

    /// <summary>A part several times.</summary>
    /// <param name="Part">The part.</param>
    /// <param name="Minimum">At least so many times.</param>
    /// <param name="Maximum">At most so many times; <see langword="null"/>: any number.</param>
    public sealed record Repetition(PatternNode Part, int Minimum, int? Maximum) : PatternNode;

    /// <summary>The beginning (<c>^</c>) or the end (<c>$</c>) of the text.</summary>
    /// <param name="AtEnd">Whether it is the end.</param>
    public sealed record Anchor(bool AtEnd) : PatternNode;
}
