namespace CurKv.Jinja;

/// <summary>What a template may use up. Templates come with model files that nobody checked: none of them may hang or exhaust the process.</summary>
internal sealed record JinjaLimits
{
    /// <summary>The defaults: enough for a prompt of millions of tokens, and about a second of work.</summary>
    public static JinjaLimits Default { get; } = new();

    /// <summary>Expressions and statements evaluated, and elements touched.</summary>
    /// <value>5 000 000.</value>
    public long Steps { get; init; } = 5_000_000;

    /// <summary>How deep expressions, blocks, macro calls and the values that are printed may nest.</summary>
    /// <value>500.</value>
    public int Depth { get; init; } = 500;

    /// <summary>Characters of the rendered text.</summary>
    /// <value>16 Mi.</value>
    public int OutputCharacters { get; init; } = 16 << 20;

    /// <summary>Characters of any one string on the way.</summary>
    /// <value>16 Mi.</value>
    public int StringCharacters { get; init; } = 16 << 20;

    /// <summary>Characters of all strings made on the way together: bounds memory.</summary>
    /// <value>128 Mi.</value>
    public long TotalCharacters { get; init; } = 128 << 20;

    /// <summary>Elements of any one list, range or dictionary.</summary>
    /// <value>1 000 000.</value>
    public int Items { get; init; } = 1_000_000;

    /// <summary>Bits of any one integer.</summary>
    /// <value>4096.</value>
    public int IntegerBits { get; init; } = 4096;
}
