using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Granite 3: <c>&lt;|tool_call|&gt;</c> and a JSON array of calls; reasoning between delimiters (3.3) or sentences (3.2). Granite 4 uses Hermes.</summary>
internal sealed class GraniteFormat : DelimitedFormat
{
    /// <summary>The delimiter that opens calls.</summary>
    public const string CallsDelimiter = "<|tool_call|>";

    private const string ResponseOpen = "<response>";

    private static readonly FormatSyntax Plain = new()
    {
        Reasoning = [ReasoningDelimiters.Think, new("Here is my thought process:", "Here is my response:")],
        Calls = [new ToolCallSyntax(CallsDelimiter, _ => new JsonToolCallParser()), new ToolCallSyntax(HermesFormat.CallOpen, _ => new JsonToolCallParser())],
        CallWrappers = [HermesFormat.CallClose],
    };

    private static readonly FormatSyntax Wrapped = Plain with { Ignored = [ResponseOpen, "</response>"] };

    private GraniteFormat(FormatSyntax syntax, bool hasReasoning)
        : base(syntax, hasReasoning)
    {
    }

    /// <inheritdoc/>
    public override string Name => "granite-3";

    /// <summary>The format of a template that has <see cref="CallsDelimiter"/>.</summary>
    public static GraniteFormat Of(string template) => new(
        template.Contains(ResponseOpen, StringComparison.Ordinal) ? Wrapped : Plain,
        Plain.Reasoning.Any(pair => template.Contains(pair.Open, StringComparison.Ordinal)));

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint) =>
        $"{GbnfBuilder.Literal(CallsDelimiter)} {grammar.Space()} {grammar.JsonArray(grammar.JsonCalls(constraint, "name", "arguments"), constraint.AllowsMultipleCalls)}";
}
