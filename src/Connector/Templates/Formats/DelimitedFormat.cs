using CurKv.Connector.Engine;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>A format whose parts have delimiters.</summary>
/// <param name="syntax">The delimiters.</param>
/// <param name="hasReasoning">Whether the template supports reasoning.</param>
internal abstract class DelimitedFormat(FormatSyntax syntax, bool hasReasoning) : ChatFormat
{
    /// <inheritdoc/>
    public override bool HasReasoning => hasReasoning;

    /// <summary>The texts that trigger the grammar of calls.</summary>
    protected virtual IReadOnlyList<string> Triggers => [syntax.Calls[0].Open];

    /// <inheritdoc/>
    public override bool IsPlain => syntax.Ignored.Count == 0 && (!hasReasoning || syntax.Reasoning[0] == ReasoningDelimiters.Think);

    /// <summary>The delimiters within calls.</summary>
    protected virtual IReadOnlyList<string> CallDelimiters => [];

    /// <inheritdoc/>
    public override bool IsDelimiter(string special) =>
        syntax.Reasoning.SelectMany(pair => (string[])[pair.Open, pair.Close])
            .Concat(syntax.Calls.Select(section => section.Open))
            .Concat([.. syntax.Ignored, .. syntax.CallWrappers, .. syntax.CallSeparators, .. CallDelimiters])
            .Any(delimiter => delimiter.Contains(special, StringComparison.Ordinal));

    /// <inheritdoc/>
    public override ModelOutputParser CreateParser(OutputParserSettings settings) => new DelimitedOutputParser(this, syntax, settings);

    /// <inheritdoc/>
    public override ReasoningStart ReasoningAfter(string prompt)
    {
        ReadOnlySpan<char> end = prompt.AsSpan().TrimEnd();
        foreach (ReasoningDelimiters pair in syntax.Reasoning)
        {
            if (end.EndsWith(pair.Open))
            {
                return ReasoningStart.Open;
            }

            if (end.EndsWith(pair.Close))
            {
                return ReasoningStart.Closed;
            }
        }

        return ReasoningStart.Possible;
    }

    /// <inheritdoc/>
    protected override OutputGrammar Lazy(GbnfBuilder grammar, OutputConstraint constraint) =>
        new(grammar.Build(Calls(grammar, constraint))) { Triggers = Triggers };

    /// <inheritdoc/>
    protected override string Reasoning(GbnfBuilder grammar, ReasoningStart start)
    {
        if (start == ReasoningStart.Closed || (start == ReasoningStart.Possible && !hasReasoning))
        {
            return string.Empty;
        }

        string space = grammar.Add("reasoning-space", "[ \\n]{0,4}");
        string[] calls = syntax.CallEndsReasoning ? [.. syntax.Calls.Select(section => section.Open)] : [];
        if (start == ReasoningStart.Open)
        {
            // It is unknown which of the pairs the prompt has opened.
            return $"{grammar.Until("reasoning", [.. syntax.Reasoning.Select(pair => pair.Close)], calls)} {space}";
        }

        IEnumerable<string> pairs = syntax.Reasoning.Select(pair => $"{GbnfBuilder.Literal(pair.Open)} {grammar.Until("reasoning", [pair.Close], calls)} {space}");
        return $"({string.Join(" | ", pairs)})?";
    }
}
