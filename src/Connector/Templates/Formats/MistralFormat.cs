using System.Security.Cryptography;
using System.Text;
using CurKv.Grammar.Gbnf;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>
/// Mistral: <c>[TOOL_CALLS]</c> and a JSON array of calls with ids of nine characters (up to Nemo), or for each call the delimiter, a
/// name, optionally an id, and JSON. The reasoning of Magistral and Ministral is in <c>[THINK]</c>.
/// </summary>
internal sealed class MistralFormat : DelimitedFormat
{
    /// <summary>The delimiter that opens calls.</summary>
    public const string CallsDelimiter = "[TOOL_CALLS]";

    /// <summary>The delimiter before a call's arguments.</summary>
    public const string ArgumentsDelimiter = "[ARGS]";

    /// <summary>The delimiter before a call's id.</summary>
    public const string IdDelimiter = "[CALL_ID]";

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const int IdLength = 9;

    private static readonly FormatSyntax Syntax = new()
    {
        Reasoning = [new("[THINK]", "[/THINK]"), ReasoningDelimiters.Think],
        Calls = [new ToolCallSyntax(CallsDelimiter, _ => new MistralToolCallParser())],
    };

    private readonly bool _hasArguments;
    private readonly bool _hasIds;
    private readonly bool _advertisesTools;

    private MistralFormat(bool hasArguments, bool hasIds, bool advertisesTools, bool hasReasoning)
        : base(Syntax, hasReasoning)
    {
        _hasArguments = hasArguments;
        _hasIds = hasIds;
        _advertisesTools = advertisesTools;
    }

    /// <inheritdoc/>
    public override string Name => _hasArguments ? "mistral-v11" : "mistral-v3";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> CallDelimiters => [IdDelimiter, ArgumentsDelimiter];

    /// <summary>The format of a template that has <see cref="CallsDelimiter"/>.</summary>
    public static MistralFormat Of(string template) => new(
        template.Contains(ArgumentsDelimiter, StringComparison.Ordinal),
        template.Contains(IdDelimiter, StringComparison.Ordinal),
        TemplateCapabilities.Of(template).Tools,
        Syntax.Reasoning.Any(pair => template.Contains(pair.Open, StringComparison.Ordinal)));

    /// <inheritdoc/>
    /// <remarks>Some of the family's templates render calls in the history but do not advertise tools.</remarks>
    public override string? ToolsPrompt(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        const string Arguments = "{\"PARAMETER\": VALUE}";
        string id = _hasIds ? $"{IdDelimiter}NINE_LETTERS_OR_DIGITS" : string.Empty;
        return _advertisesTools ? null : ToolsPromptText.Write(
            tools,
            _hasArguments ? $"{CallsDelimiter}NAME{id}{ArgumentsDelimiter}{Arguments}" : $"{CallsDelimiter}[{{\"name\": \"NAME\", \"arguments\": {Arguments}, \"id\": \"NINE_LETTERS_OR_DIGITS\"}}]");
    }

    /// <inheritdoc/>
    public override string CreateCallId() => RandomNumberGenerator.GetString(Letters, IdLength);

    /// <inheritdoc/>
    /// <remarks>Mistral's templates reject ids that are not nine letters or digits.</remarks>
    public override string ToTemplateCallId(string id) =>
        id.Length == IdLength && id.All(char.IsAsciiLetterOrDigit)
            ? id
            : string.Concat(SHA256.HashData(Encoding.UTF8.GetBytes(id)).Take(IdLength).Select(value => Letters[value % Letters.Length]));

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string open = GbnfBuilder.Literal(CallsDelimiter);
        string space = grammar.Space();
        string id = $"[a-zA-Z0-9]{{{IdLength}}}";
        if (!_hasArguments)
        {
            string call = grammar.JsonCalls(constraint, "name", "arguments", behind: $"{FormatGrammar.Comma} {FormatGrammar.Member("id")} \"\\\"\" {id} \"\\\"\"");
            return $"{open} {space} {grammar.JsonArray(call, constraint.AllowsMultipleCalls)}";
        }

        string head = _hasIds ? $"{GbnfBuilder.Literal(IdDelimiter)} {id} {GbnfBuilder.Literal(ArgumentsDelimiter)}" : GbnfBuilder.Literal(ArgumentsDelimiter);
        string named = grammar.OneOf(
            "call",
            constraint.Tools.Select(tool => $"{open} {GbnfBuilder.Literal(tool.Name)} {head} {space} {grammar.Arguments(tool, constraint.Relaxed)}"));
        return FormatGrammar.Repeat(named, constraint.AllowsMultipleCalls, "\"\"");
    }
}
