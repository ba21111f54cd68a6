using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Command R and R+: <c>Action:</c> and a code fence with a JSON array of calls.</summary>
internal sealed class CommandRFormat() : DelimitedFormat(Syntax, hasReasoning: false)
{
    private const string Fence = "```";
    private static readonly string[] Opens = ["Action:\n```json", "Action: ```json", "Action:```json"];

    private static readonly FormatSyntax Syntax = new()
    {
        Calls = [.. Opens.Select(open => new ToolCallSyntax(open, _ => new DelimitedToolCallParser(open, Fence)))],
    };

    /// <inheritdoc/>
    public override string Name => "command-r";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Triggers => Opens;

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string space = grammar.Space();
        string open = grammar.OneOf("action", Opens.Select(GbnfBuilder.Literal));
        string call = grammar.JsonCalls(constraint, "tool_name", "parameters", indented: true);
        return $"{open} {space} {grammar.JsonArray(call, constraint.AllowsMultipleCalls)} {space} \"{Fence}\"";
    }
}
