using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Granite 3: <c>&lt;|tool_call|&gt;</c> and a JSON array of calls; reasoning between marks (3.3) or sentences (3.2). Granite 4 is Hermes.</summary>
internal sealed class GraniteFormat : MarkedFormat
{
    /// <summary>The mark that opens calls.</summary>
    public const string CallsMark = "<|tool_call|>";

    private const string ResponseOpen = "<response>";

    private static readonly AnswerSyntax Plain = new()
    {
        Reasoning = [ReasoningMarks.Think, new("Here is my thought process:", "Here is my response:")],
        Calls = [new CallSection(CallsMark, _ => new JsonCallReader()), new CallSection(HermesFormat.CallOpen, _ => new JsonCallReader())],
        CallFrames = [HermesFormat.CallClose],
    };

    private static readonly AnswerSyntax Wrapped = Plain with { Silent = [ResponseOpen, "</response>"] };

    private GraniteFormat(AnswerSyntax syntax, bool hasReasoning)
        : base(syntax, hasReasoning)
    {
    }

    /// <inheritdoc/>
    public override string Name => "granite-3";

    /// <summary>The format of a template that has <see cref="CallsMark"/>.</summary>
    public static GraniteFormat Of(string template) => new(
        template.Contains(ResponseOpen, StringComparison.Ordinal) ? Wrapped : Plain,
        Plain.Reasoning.Any(pair => template.Contains(pair.Open, StringComparison.Ordinal)));

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, AnswerConstraint constraint) =>
        $"{GbnfBuilder.Literal(CallsMark)} {grammar.Space()} {grammar.JsonArray(grammar.JsonCalls(constraint, "name", "arguments"), constraint.AllowsMultipleCalls)}";
}
