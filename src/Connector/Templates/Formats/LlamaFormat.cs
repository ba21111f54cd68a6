using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Llama 3.1 to 3.3: a call is a JSON object with a name and parameters, optionally after <c>&lt;|python_tag|&gt;</c>.</summary>
/// <remarks>The object has no delimiter, so an object after text, or one of another kind, is text.</remarks>
internal sealed class LlamaFormat() : DelimitedFormat(Syntax, hasReasoning: false)
{
    private const string PythonTag = "<|python_tag|>";
    private const string ObjectOpen = "{";

    private static readonly FormatSyntax Syntax = new()
    {
        Calls =
        [
            new ToolCallSyntax(PythonTag, _ => new LlamaToolCallParser()),
            new ToolCallSyntax(ObjectOpen, _ => new LlamaToolCallParser()) { IsPartOfCall = true, OnlyAtStart = true },
        ],
        CallSeparators = [";", ","],
    };

    /// <inheritdoc/>
    public override string Name => "llama-3.1-json";

    /// <inheritdoc/>
    public override bool RendersOneCall => true;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Triggers => [PythonTag, "{\"name\":"];

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string call = grammar.JsonCalls(constraint, "name", "parameters");
        string tag = GbnfBuilder.Literal(PythonTag);
        return $"{tag}? {FormatGrammar.Repeat(call, constraint.AllowsMultipleCalls, $"\";\" {grammar.Space()}")}";
    }
}
