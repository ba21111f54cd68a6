using CurKv.Grammar.Gbnf;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>
/// DeepSeek: a list of calls between marks of its own, each a type, a name and JSON in a code fence (R1, V3), or a name and JSON (V3.1).
/// It reasons in <c>&lt;think&gt;</c>, which the prompt mostly opens.
/// </summary>
internal sealed class DeepSeekFormat : MarkedFormat
{
    /// <summary>The mark before the first call.</summary>
    public const string CallsBegin = "<｜tool▁calls▁begin｜>";

    /// <summary>The mark behind the last call.</summary>
    public const string CallsEnd = "<｜tool▁calls▁end｜>";

    /// <summary>The mark before a call.</summary>
    public const string CallBegin = "<｜tool▁call▁begin｜>";

    /// <summary>The mark behind a call.</summary>
    public const string CallEnd = "<｜tool▁call▁end｜>";

    /// <summary>The mark between a call's parts.</summary>
    public const string Separator = "<｜tool▁sep｜>";

    /// <summary>What stands before the separator where that is not the name.</summary>
    public const string CallType = "function";

    private static readonly AnswerSyntax Syntax = new()
    {
        Calls = [new CallSection(CallBegin, _ => new DeepSeekCallReader())],
        CallFrames = [CallsBegin, CallsEnd],
    };

    private readonly bool _hasFence;
    private readonly bool _tellsTools;

    private DeepSeekFormat(bool hasFence, bool tellsTools, bool hasReasoning)
        : base(Syntax, hasReasoning)
    {
        _hasFence = hasFence;
        _tellsTools = tellsTools;
    }

    /// <inheritdoc/>
    public override string Name => _hasFence ? "deepseek-r1" : "deepseek-v3.1";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> CallMarks => [Separator, CallEnd];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Triggers => [CallsBegin];

    /// <summary>The format of a template that has <see cref="CallBegin"/>.</summary>
    public static DeepSeekFormat Of(string template) => new(
        template.Contains("```json", StringComparison.Ordinal),
        TemplateCapabilities.Of(template).Tools,
        template.Contains(ReasoningMarks.Think.Open, StringComparison.Ordinal));

    /// <inheritdoc/>
    /// <remarks>Most of the family's templates write calls of the history but do not tell of tools.</remarks>
    public override string? ToolsPrompt(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        string body = _hasFence ? $"{CallType}{Separator}NAME\n```json\n{{\"PARAMETER\": VALUE}}\n```" : $"NAME{Separator}{{\"PARAMETER\": VALUE}}";
        return _tellsTools ? null : ToolsPromptText.Write(tools, $"{CallsBegin}{CallBegin}{body}{CallEnd}{CallsEnd}");
    }

    /// <inheritdoc/>
    protected override string Calls(GbnfBuilder grammar, AnswerConstraint constraint)
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
        return $"{GbnfBuilder.Literal(CallsBegin)} {AnswerGrammar.Repeat(call, constraint.AllowsMultipleCalls, "\"\\n\"?")} {GbnfBuilder.Literal(CallsEnd)}";
    }
}
