using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Command R7B and A: reasoning, a JSON array of calls, and the answer's text, each with its own delimiters.</summary>
/// <remarks>The calls' ids only number them within the answer, so they are not kept.</remarks>
/// <param name="namesText">Whether the answer's text has <c>TEXT</c> delimiters rather than <c>RESPONSE</c>.</param>
internal sealed class CommandFormat(bool namesText) : DelimitedFormat(Syntax, hasReasoning: true)
{
    /// <summary>The delimiter that opens calls.</summary>
    public const string ActionOpen = "<|START_ACTION|>";

    private const string ActionClose = "<|END_ACTION|>";

    private static readonly FormatSyntax Syntax = new()
    {
        Reasoning = [new("<|START_THINKING|>", "<|END_THINKING|>")],
        Calls = [new ToolCallSyntax(ActionOpen, _ => new DelimitedToolCallParser(ActionOpen, ActionClose))],
        Ignored = ["<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"],
    };

    /// <inheritdoc/>
    public override string Name => "command-r7b";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> CallDelimiters => [ActionClose];

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string space = grammar.Space();
        string number = $"{FormatGrammar.Member("tool_call_id")} \"\\\"\" [0-9]{{1,3}} \"\\\"\" {FormatGrammar.Comma}";
        string call = grammar.JsonCalls(constraint, "tool_name", "parameters", before: number);
        return $"{GbnfBuilder.Literal(ActionOpen)} {space} {grammar.JsonArray(call, constraint.AllowsMultipleCalls)} {space} {GbnfBuilder.Literal(ActionClose)}";
    }

    /// <inheritdoc/>
    protected override string Answer(string text) =>
        namesText ? $"\"<|START_TEXT|>\" {text} \"<|END_TEXT|>\"" : $"\"<|START_RESPONSE|>\" {text} \"<|END_RESPONSE|>\"";
}
