using CurKv.Connector.Engine;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Templates.Formats;

/// <summary>
/// GPT-OSS: the answer is a series of messages. Each has a header that names a channel (analysis, commentary, final) and optionally a
/// recipient, which is the tool that it calls. See OpenAI's harmony response format.
/// </summary>
internal sealed class HarmonyFormat : ChatFormat
{
    /// <summary>The delimiter before a channel.</summary>
    public const string Channel = "<|channel|>";

    /// <summary>The delimiter before a message's text.</summary>
    public const string Message = "<|message|>";

    /// <summary>The delimiter that begins a message.</summary>
    public const string Start = "<|start|>";

    /// <summary>The delimiter that ends a message before another one.</summary>
    public const string MessageEnd = "<|end|>";

    /// <summary>The delimiter before the type of a message's text.</summary>
    public const string TypeDelimiter = "<|constrain|>";

    /// <summary>The delimiters that end a message and the answer. For llama.cpp they are end-of-generation tokens.</summary>
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
    public override bool IsDelimiter(string special) => special is Channel or Message or Start or MessageEnd or TypeDelimiter || AnswerEnds.Contains(special);

    /// <inheritdoc/>
    public override ModelOutputParser CreateParser(OutputParserSettings settings) => new HarmonyOutputParser(this, settings);

    /// <inheritdoc/>
    public override ReasoningStart ReasoningAfter(string prompt) =>
        prompt.EndsWith(Analysis, StringComparison.Ordinal) ? ReasoningStart.Open
        : prompt.EndsWith(Message, StringComparison.Ordinal) ? ReasoningStart.Closed
        : ReasoningStart.Possible;

    /// <inheritdoc/>
    /// <remarks>One call per answer: its closing delimiter ends the generation.</remarks>
    protected override string Calls(GbnfBuilder grammar, OutputConstraint constraint) => $"\"{Channel}commentary\"? {Call(grammar, constraint)}";

    /// <inheritdoc/>
    protected override OutputGrammar Lazy(GbnfBuilder grammar, OutputConstraint constraint) => new(grammar.Build(Call(grammar, constraint))) { Triggers = [Recipient] };

    /// <inheritdoc/>
    /// <remarks>A message that the prompt has opened is closed first.</remarks>
    protected override string Reasoning(GbnfBuilder grammar, ReasoningStart start)
    {
        const string Next = $"\"{Start}assistant\"";
        return start switch
        {
            ReasoningStart.Closed => $"\"{MessageEnd}\" {Next}",
            ReasoningStart.Open => $"{ReasoningText(grammar)} {Next}",
            _ => $"(\"{Analysis}\" {ReasoningText(grammar)} {Next})?",
        };
    }

    /// <inheritdoc/>
    protected override string Answer(string text) => $"\"{Channel}final\" (\" \"? \"{TypeDelimiter}json\")? \"{Message}\" {text}";

    private static string ReasoningText(GbnfBuilder grammar) => grammar.Until("reasoning", [MessageEnd], [Channel, Message, Start, TypeDelimiter, .. AnswerEnds]);

    private static string Call(GbnfBuilder grammar, OutputConstraint constraint)
    {
        string type = grammar.Add("type", $"(\" json\" | \" \"? \"{TypeDelimiter}json\")?");
        string call = grammar.OneOf("call", constraint.Tools.Select(tool =>
            $"{GbnfBuilder.Literal(tool.Name)} (\"{Channel}commentary\")? {type} \"{Message}\" {grammar.Space()} {grammar.Arguments(tool, constraint.Relaxed)}"));
        return $"\"{Recipient}.\" {call}";
    }
}
