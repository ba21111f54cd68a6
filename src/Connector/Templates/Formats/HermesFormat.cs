using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Hermes, Qwen 2.5 and 3, SmolLM, Granite 4, Pebble and many more: JSON in <c>&lt;tool_call&gt;</c>, reasoning in <c>&lt;think&gt;</c>.</summary>
/// <param name="hasReasoning">Whether the template supports reasoning.</param>
internal class HermesFormat(bool hasReasoning) : DelimitedFormat(Syntax, hasReasoning)
{
    /// <summary>The delimiter that opens a call.</summary>
    public const string CallOpen = "<tool_call>";

    /// <summary>The delimiter that closes it.</summary>
    public const string CallClose = "</tool_call>";

    private static readonly FormatSyntax Syntax = new() { Calls = [new ToolCallSyntax(CallOpen, _ => new DelimitedToolCallParser(CallOpen, CallClose))] };

    /// <inheritdoc/>
    public override string Name => "hermes";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> CallDelimiters => [CallClose];

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string space = grammar.Space();
        string call = grammar.Add(
            "tool-call", $"{GbnfBuilder.Literal(CallOpen)} {space} {grammar.JsonCalls(constraint, "name", "arguments")} {space} {GbnfBuilder.Literal(CallClose)}");
        return FormatGrammar.Repeat(call, constraint.AllowsMultipleCalls, space);
    }
}
