using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Llama 3.1 to 3.3: the answer is a JSON object with a name and parameters, perhaps behind <c>&lt;|python_tag|&gt;</c>.</summary>
/// <remarks>The object has no mark of its own, so one that stands behind text, or is something else, is text.</remarks>
internal sealed class LlamaFormat() : MarkedFormat(Syntax, hasReasoning: false)
{
    private const string PythonTag = "<|python_tag|>";
    private const string ObjectOpen = "{";

    private static readonly AnswerSyntax Syntax = new()
    {
        Calls =
        [
            new CallSection(PythonTag, _ => new LlamaCallReader()),
            new CallSection(ObjectOpen, _ => new LlamaCallReader()) { IsPartOfCall = true, OnlyAtStart = true },
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
    protected override string Calls(GbnfBuilder grammar, AnswerConstraint constraint)
    {
        string call = grammar.JsonCalls(constraint, "name", "parameters");
        string tag = GbnfBuilder.Literal(PythonTag);
        return $"{tag}? {AnswerGrammar.Repeat(call, constraint.AllowsMultipleCalls, $"\";\" {grammar.Space()}")}";
    }
}
