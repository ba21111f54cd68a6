using CurKv.Connector.Engine;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>A format whose parts stand between marks.</summary>
/// <param name="syntax">The marks.</param>
/// <param name="hasReasoning">Whether the template knows reasoning.</param>
internal abstract class MarkedFormat(AnswerSyntax syntax, bool hasReasoning) : AnswerFormat
{
    /// <inheritdoc/>
    public override bool HasReasoning => hasReasoning;

    /// <summary>The texts that open calls for a grammar.</summary>
    protected virtual IReadOnlyList<string> Triggers => [syntax.Calls[0].Open];

    /// <inheritdoc/>
    public override bool IsPlain => syntax.Silent.Count == 0 && (!hasReasoning || syntax.Reasoning[0] == ReasoningMarks.Think);

    /// <summary>The marks inside of calls.</summary>
    protected virtual IReadOnlyList<string> CallMarks => [];

    /// <inheritdoc/>
    public override bool IsMark(string special) =>
        syntax.Reasoning.SelectMany(pair => (string[])[pair.Open, pair.Close])
            .Concat(syntax.Calls.Select(section => section.Open))
            .Concat([.. syntax.Silent, .. syntax.CallFrames, .. syntax.CallSeparators, .. CallMarks])
            .Any(mark => mark.Contains(special, StringComparison.Ordinal));

    /// <inheritdoc/>
    public override AnswerParser CreateParser(AnswerParserSettings settings) => new MarkedAnswerParser(this, syntax, settings);

    /// <inheritdoc/>
    public override ReasoningStart ReasoningAfter(string prompt)
    {
        ReadOnlySpan<char> end = prompt.AsSpan().TrimEnd();
        foreach (ReasoningMarks pair in syntax.Reasoning)
        {
            if (end.EndsWith(pair.Open))
            {
                return ReasoningStart.Open;
            }

            if (end.EndsWith(pair.Close))
            {
                return ReasoningStart.Over;
            }
        }

        return ReasoningStart.Possible;
    }

    /// <inheritdoc/>
    protected override OutputGrammar Lazy(GbnfBuilder grammar, AnswerConstraint constraint) =>
        new(grammar.Build(Calls(grammar, constraint))) { Triggers = Triggers };

    /// <inheritdoc/>
    protected override string Reasoning(GbnfBuilder grammar, ReasoningStart start)
    {
        if (start == ReasoningStart.Over || (start == ReasoningStart.Possible && !hasReasoning))
        {
            return string.Empty;
        }

        string space = grammar.Add("reasoning-space", "[ \\n]{0,4}");
        string[] calls = syntax.CallEndsReasoning ? [.. syntax.Calls.Select(section => section.Open)] : [];
        if (start == ReasoningStart.Open)
        {
            // Which of the pairs the prompt has opened is not known.
            return $"{grammar.Until("reasoning", [.. syntax.Reasoning.Select(pair => pair.Close)], calls)} {space}";
        }

        IEnumerable<string> pairs = syntax.Reasoning.Select(pair => $"{GbnfBuilder.Literal(pair.Open)} {grammar.Until("reasoning", [pair.Close], calls)} {space}");
        return $"({string.Join(" | ", pairs)})?";
    }
}
