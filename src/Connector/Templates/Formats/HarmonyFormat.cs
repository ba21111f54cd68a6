using CurKv.Connector.Engine;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>
/// GPT-OSS: the answer is a series of messages, each with a header that names a channel (analysis, commentary, final) and perhaps a
/// recipient, which is the tool that it calls. See OpenAI's description of the harmony response format.
/// </summary>
internal sealed class HarmonyFormat : AnswerFormat
{
    /// <summary>The mark before a channel.</summary>
    public const string Channel = "<|channel|>";

    /// <summary>The mark before a message's text.</summary>
    public const string Message = "<|message|>";

    /// <summary>The mark that begins a message.</summary>
    public const string Start = "<|start|>";

    /// <summary>The mark that ends a message which another one follows.</summary>
    public const string MessageEnd = "<|end|>";

    /// <summary>The mark before the type of a message's text.</summary>
    public const string TypeMark = "<|constrain|>";

    /// <summary>The marks that end a message and the answer; llama.cpp takes them for the end of generation.</summary>
    public static readonly IReadOnlyList<string> AnswerEnds = ["<|call|>", "<|return|>"];

    private const string Analysis = $"{Channel}analysis{Message}";
    private const string Recipient = " to=functions";

    /// <inheritdoc/>
    public override string Name => "harmony";

    /// <inheritdoc/>
    public override bool HasReasoning => true;

    /// <inheritdoc/>
    public override bool IsPlain => false;

    /// <inheritdoc/>
    public override bool RendersOneCall => true;

    /// <inheritdoc/>
    public override bool IsMark(string special) => special is Channel or Message or Start or MessageEnd or TypeMark || AnswerEnds.Contains(special);

    /// <inheritdoc/>
    public override AnswerParser CreateParser(AnswerParserSettings settings) => new HarmonyParser(this, settings);

    /// <inheritdoc/>
    public override ReasoningStart ReasoningAfter(string prompt) =>
        prompt.EndsWith(Analysis, StringComparison.Ordinal) ? ReasoningStart.Open
        : prompt.EndsWith(Message, StringComparison.Ordinal) ? ReasoningStart.Over
        : ReasoningStart.Possible;

    /// <inheritdoc/>
    /// <remarks>One call for each answer: what ends it ends the generation.</remarks>
    protected override string Calls(GbnfBuilder grammar, AnswerConstraint constraint) => $"\"{Channel}commentary\"? {Call(grammar, constraint)}";

    /// <inheritdoc/>
    protected override OutputGrammar Lazy(GbnfBuilder grammar, AnswerConstraint constraint) => new(grammar.Build(Call(grammar, constraint))) { Triggers = [Recipient] };

    /// <inheritdoc/>
    /// <remarks>A message that the prompt has begun is ended first.</remarks>
    protected override string Reasoning(GbnfBuilder grammar, ReasoningStart start)
    {
        const string Next = $"\"{Start}assistant\"";
        return start switch
        {
            ReasoningStart.Over => $"\"{MessageEnd}\" {Next}",
            ReasoningStart.Open => $"{ReasoningText(grammar)} {Next}",
            _ => $"(\"{Analysis}\" {ReasoningText(grammar)} {Next})?",
        };
    }

    /// <inheritdoc/>
    protected override string Answer(string text) => $"\"{Channel}final\" (\" \"? \"{TypeMark}json\")? \"{Message}\" {text}";

    private static string ReasoningText(GbnfBuilder grammar) => grammar.Until("reasoning", [MessageEnd], [Channel, Message, Start, TypeMark, .. AnswerEnds]);

    private static string Call(GbnfBuilder grammar, AnswerConstraint constraint)
    {
        string type = grammar.Add("type", $"(\" json\" | \" \"? \"{TypeMark}json\")?");
        string call = grammar.OneOf("call", constraint.Tools.Select(tool =>
            $"{GbnfBuilder.Literal(tool.Name)} (\"{Channel}commentary\")? {type} \"{Message}\" {grammar.Space()} {grammar.Arguments(tool, constraint.Relaxed)}"));
        return $"\"{Recipient}.\" {call}";
    }
}
