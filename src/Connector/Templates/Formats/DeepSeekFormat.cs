using CurKv.Grammar.Gbnf;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>
/// DeepSeek: a delimited list of calls, each a type, a name and JSON in a code fence (R1, V3), or a name and JSON (V3.1).
/// Reasoning is in <c>&lt;think&gt;</c>, which the prompt usually opens.
/// </summary>
internal sealed class DeepSeekFormat : DelimitedFormat
{
    /// <summary>The delimiter before the first call.</summary>
    public const string CallsBegin = "<｜tool▁calls▁begin｜>";

    /// <summary>The delimiter after the last call.</summary>
    public const string CallsEnd = "<｜tool▁calls▁end｜>";

    /// <summary>The delimiter before a call.</summary>
    public const string CallBegin = "<｜tool▁call▁begin｜>";

    /// <summary>The delimiter after a call.</summary>
    public const string CallEnd = "<｜tool▁call▁end｜>";

    /// <summary>The delimiter between a call's parts.</summary>
    public const string Separator = "<｜tool▁sep｜>";

    /// <summary>The call type before the separator, in the versions in which that is not the name.</summary>
    public const string CallType = "function";

    private static readonly FormatSyntax Syntax = new()
    {
        Calls = [new ToolCallSyntax(CallBegin, _ => new DeepSeekToolCallParser())],
        CallWrappers = [CallsBegin, CallsEnd],
    };

    private readonly bool _hasFence;
    private readonly bool _advertisesTools;

    private DeepSeekFormat(bool hasFence, bool advertisesTools, bool hasReasoning)
        : base(Syntax, hasReasoning)
    {
        _hasFence = hasFence;
        _advertisesTools = advertisesTools;
    }

    /// <inheritdoc/>
    public override string Name => _hasFence ? "deepseek-r1" : "deepseek-v3.1";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> CallDelimiters => [Separator, CallEnd];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Triggers => [CallsBegin];

    /// <summary>The format of a template that has <see cref="CallBegin"/>.</summary>
    public static DeepSeekFormat Of(string template) => new(
        template.Contains("```json", StringComparison.Ordinal),
        TemplateCapabilities.Of(template).Tools,
        template.Contains(ReasoningDelimiters.Think.Open, StringComparison.Ordinal));

    /// <inheritdoc/>
    /// <remarks>Most of the family's templates render calls in the history but do not advertise tools.</remarks>
    public override string? ToolsPrompt(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        string body = _hasFence ? $"{CallType}{Separator}NAME\n```json\n{{\"PARAMETER\": VALUE}}\n```" : $"NAME{Separator}{{\"PARAMETER\": VALUE}}";
        return _advertisesTools ? null : ToolsPromptText.Write(tools, $"{CallsBegin}{CallBegin}{body}{CallEnd}{CallsEnd}");
    }

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string call = grammar.OneOf("call", constraint.Tools.Select(tool =>
        {
            string arguments = grammar.Arguments(tool, constraint.Relaxed);
            string name = GbnfBuilder.Literal(tool.Name);
            string separator = GbnfBuilder.Literal(Separator);
            string body = _hasFence
                ? $"{GbnfBuilder.Literal(CallType)} {separator} {name} \"\\n```json\\n\" {arguments} \"\\n```\""
                : $"{name} {separator} {arguments}";
            return $"{GbnfBuilder.Literal(CallBegin)} {body} {GbnfBuilder.Literal(CallEnd)}";
        }));
        return $"{GbnfBuilder.Literal(CallsBegin)} {FormatGrammar.Repeat(call, constraint.AllowsMultipleCalls, "\"\\n\"?")} {GbnfBuilder.Literal(CallsEnd)}";
    }
}
