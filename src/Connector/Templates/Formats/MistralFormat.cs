using System.Security.Cryptography;
using System.Text;
using CurKv.Grammar.Gbnf;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>
/// Mistral: <c>[TOOL_CALLS]</c> and a JSON array of calls with ids of nine characters (Nemo and before), or for each call the mark, a
/// name, perhaps an id, and JSON. Magistral and Ministral reason in <c>[THINK]</c>.
/// </summary>
internal sealed class MistralFormat : MarkedFormat
{
    /// <summary>The mark that opens calls.</summary>
    public const string CallsMark = "[TOOL_CALLS]";

    /// <summary>The mark before a call's arguments.</summary>
    public const string ArgumentsMark = "[ARGS]";

    /// <summary>The mark before a call's id.</summary>
    public const string IdMark = "[CALL_ID]";

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const int IdLength = 9;

    private static readonly AnswerSyntax Syntax = new()
    {
        Reasoning = [new("[THINK]", "[/THINK]"), ReasoningMarks.Think],
        Calls = [new CallSection(CallsMark, _ => new MistralCallReader())],
    };

    private readonly bool _hasArguments;
    private readonly bool _hasIds;
    private readonly bool _tellsTools;

    private MistralFormat(bool hasArguments, bool hasIds, bool tellsTools, bool hasReasoning)
        : base(Syntax, hasReasoning)
    {
        _hasArguments = hasArguments;
        _hasIds = hasIds;
        _tellsTools = tellsTools;
    }

    /// <inheritdoc/>
    public override string Name => _hasArguments ? "mistral-v11" : "mistral-v3";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> CallMarks => [IdMark, ArgumentsMark];

    /// <summary>The format of a template that has <see cref="CallsMark"/>.</summary>
    public static MistralFormat Of(string template) => new(
        template.Contains(ArgumentsMark, StringComparison.Ordinal),
        template.Contains(IdMark, StringComparison.Ordinal),
        TemplateCapabilities.Of(template).Tools,
        Syntax.Reasoning.Any(pair => template.Contains(pair.Open, StringComparison.Ordinal)));

    /// <inheritdoc/>
    /// <remarks>Some of the family's templates write calls of the history but do not tell of tools.</remarks>
    public override string? ToolsPrompt(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        const string Arguments = "{\"PARAMETER\": VALUE}";
        string id = _hasIds ? $"{IdMark}NINE_LETTERS_OR_DIGITS" : string.Empty;
        return _tellsTools ? null : ToolsPromptText.Write(
            tools,
            _hasArguments ? $"{CallsMark}NAME{id}{ArgumentsMark}{Arguments}" : $"{CallsMark}[{{\"name\": \"NAME\", \"arguments\": {Arguments}, \"id\": \"NINE_LETTERS_OR_DIGITS\"}}]");
    }

    /// <inheritdoc/>
    public override string CreateCallId() => RandomNumberGenerator.GetString(Letters, IdLength);

    /// <inheritdoc/>
    /// <remarks>Mistral's templates refuse ids that are not nine letters or digits.</remarks>
    public override string ToTemplateCallId(string id) =>
        id.Length == IdLength && id.All(char.IsAsciiLetterOrDigit)
            ? id
            : string.Concat(SHA256.HashData(Encoding.UTF8.GetBytes(id)).Take(IdLength).Select(value => Letters[value % Letters.Length]));

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, AnswerConstraint constraint)
    {
        string open = GbnfBuilder.Literal(CallsMark);
        string space = grammar.Space();
        string id = $"[a-zA-Z0-9]{{{IdLength}}}";
        if (!_hasArguments)
        {
            string call = grammar.JsonCalls(constraint, "name", "arguments", behind: $"{AnswerGrammar.Comma} {AnswerGrammar.Member("id")} \"\\\"\" {id} \"\\\"\"");
            return $"{open} {space} {grammar.JsonArray(call, constraint.AllowsMultipleCalls)}";
        }

        string head = _hasIds ? $"{GbnfBuilder.Literal(IdMark)} {id} {GbnfBuilder.Literal(ArgumentsMark)}" : GbnfBuilder.Literal(ArgumentsMark);
        string named = grammar.OneOf(
            "call",
            constraint.Tools.Select(tool => $"{open} {GbnfBuilder.Literal(tool.Name)} {head} {space} {grammar.Arguments(tool, constraint.Relaxed)}"));
        return AnswerGrammar.Repeat(named, constraint.AllowsMultipleCalls, "\"\"");
    }
}
