using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Hermes, Qwen 2.5 and 3, SmolLM, Granite 4, Pebble and many more: JSON in <c>&lt;tool_call&gt;</c>, reasoning in <c>&lt;think&gt;</c>.</summary>
/// <param name="hasReasoning">Whether the template knows reasoning.</param>
internal class HermesFormat(bool hasReasoning) : MarkedFormat(Syntax, hasReasoning)
{
    /// <summary>The mark that opens a call.</summary>
    public const string CallOpen = "<tool_call>";

    /// <summary>The mark that closes it.</summary>
    public const string CallClose = "</tool_call>";

    private static readonly AnswerSyntax Syntax = new() { Calls = [new CallSection(CallOpen, _ => new ClosedCallReader(CallOpen, CallClose))] };

    /// <inheritdoc/>
    public override string Name => "hermes";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> CallMarks => [CallClose];

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, AnswerConstraint constraint)
    {
        string space = grammar.Space();
        string call = grammar.Add(
            "tool-call", $"{GbnfBuilder.Literal(CallOpen)} {space} {grammar.JsonCalls(constraint, "name", "arguments")} {space} {GbnfBuilder.Literal(CallClose)}");
        return AnswerGrammar.Repeat(call, constraint.AllowsMultipleCalls, space);
    }
}
