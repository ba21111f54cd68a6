using CurKv.Connector.Engine;
using CurKv.Grammar.Gbnf;
using CurKv.Grammar.Schema;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>The output format of a model family: how it writes reasoning, tool calls and text. Immutable and thread-safe.</summary>
/// <remarks>The formats are those that the families' own chat templates render and describe.</remarks>
internal abstract class ChatFormat
{
    /// <summary>The family's name, for logs: "hermes", "mistral" and so on.</summary>
    public abstract string Name { get; }

    /// <summary>Whether the template supports reasoning, so that grammars allow it.</summary>
    public abstract bool HasReasoning { get; }

    /// <summary>Detects the format from a template's source; <see cref="GenericFormat"/> if none is recognised.</summary>
    /// <param name="template">The Jinja template; null if the model has none.</param>
    public static ChatFormat Detect(string? template)
    {
        template ??= string.Empty;
        bool Says(string text) => template.Contains(text, StringComparison.Ordinal);
        bool thinks = Says(ReasoningDelimiters.Think.Open);
        return template switch
        {
            _ when Says(HarmonyFormat.Channel) => new HarmonyFormat(),
            _ when Says(MistralFormat.CallsDelimiter) => MistralFormat.Of(template),
            _ when Says(CommandFormat.ActionOpen) => new CommandFormat(Says("<|START_TEXT|>")),
            _ when Says("Action:") && Says("tool_name") => new CommandRFormat(),
            _ when Says(DeepSeekFormat.CallBegin) => DeepSeekFormat.Of(template),
            _ when Says("<tool_call>") && Says(QwenCoderFormat.FunctionOpen) && Says(QwenCoderFormat.ParameterOpen) => new QwenCoderFormat(thinks),
            _ when Says(GraniteFormat.CallsDelimiter) => GraniteFormat.Of(template),
            _ when Says("<tool_call>") && Says("arguments") && !Says("<arg_key>") && !Says("<invoke") && TemplateCapabilities.Of(template).Tools => new HermesFormat(thinks),
            _ when Says("<|start_header_id|>") && Says("\"parameters\"") && !Says(QwenCoderFormat.FunctionOpen) => new LlamaFormat(),
            _ => new GenericFormat(thinks),
        };
    }

    /// <summary>Whether the template renders only one call per message.</summary>
    public virtual bool RendersOneCall => false;

    /// <summary>Whether a special token's text is a delimiter or part of one. Parsers receive such tokens; all others are left out of answers.</summary>
    public abstract bool IsDelimiter(string special);

    /// <summary>Whether text has no delimiters, and reasoning no other delimiters than the usual ones. Then the model can use another format's tool calls.</summary>
    public abstract bool IsPlain { get; }

    /// <summary>Creates a parser for one answer.</summary>
    public abstract ModelOutputParser CreateParser(OutputParserSettings settings);

    /// <summary>The state of the reasoning at the end of a rendered prompt.</summary>
    /// <param name="prompt">The prompt's text, with the beginning of the assistant's turn.</param>
    public virtual ReasoningStart ReasoningAfter(string prompt) => ReasoningStart.Possible;

    /// <summary>
    /// The text that advertises tools at the end of the system prompt; null if the template does that. If it is not null, the template
    /// receives no tools, and calls and results in the history are written by <see cref="WriteCalls"/> and <see cref="WriteResult"/>, unless
    /// those return null.
    /// </summary>
    public virtual string? ToolsPrompt(IReadOnlyList<AIFunctionDeclaration> tools) => null;

    /// <summary>Calls in the history as the text of an assistant message; null if the template renders them.</summary>
    public virtual string? WriteCalls(IEnumerable<FunctionCallContent> calls) => null;

    /// <summary>A tool result in the history as the text of a user message; null if the template renders it.</summary>
    public virtual string? WriteResult(string result) => null;

    /// <summary>Creates an id for a call.</summary>
    public virtual string CreateCallId() => $"call_{Guid.NewGuid():N}";

    /// <summary>Converts a call's id to the form that the template requires. The same id always gives the same result.</summary>
    /// <param name="id">Any id, such as one that another client created.</param>
    public virtual string ToTemplateCallId(string id) => id;

    /// <summary>The grammar that enforces a request's constraint.</summary>
    /// <returns>
    /// Null if there is no constraint and there are no tools. Otherwise a grammar that allows reasoning, if the family supports it. It is
    /// enforced from the first token on if a call or a response format is required. If a call is only possible, it is enforced from the
    /// delimiter that opens a call to the end: no text follows calls.
    /// </returns>
    /// <exception cref="ArgumentException">A call is required, but there are no tools.</exception>
    /// <exception cref="JsonSchemaNotSupportedException">A schema is wrong, or allows no value, or the answer's, if strict, holds a keyword that no grammar can enforce.</exception>
    public OutputGrammar? Constrain(OutputConstraint constraint)
    {
        if (constraint.RequiresCall && constraint.Tools.Count == 0)
        {
            throw new ArgumentException($"A call is required, but there are no tools. Set {nameof(ChatOptions)}.{nameof(ChatOptions.Tools)}, or another {nameof(ChatOptions.ToolMode)}.", nameof(constraint));
        }

        try
        {
            return Write(new GbnfBuilder(), constraint);
        }
        catch (JsonSchemaException e)
        {
            throw new JsonSchemaNotSupportedException(e.Keyword, e.Path, e.Reason, e);
        }
    }

    /// <summary>Adds the rules of one or more calls, from the delimiter that opens them, and returns the body.</summary>
    protected abstract string Calls(GbnfBuilder grammar, OutputConstraint constraint);

    /// <summary>The grammar that is enforced once the model begins a call.</summary>
    protected abstract OutputGrammar Lazy(GbnfBuilder grammar, OutputConstraint constraint);

    /// <summary>Adds the rules of the reasoning before the answer and returns the body; empty if there is none.</summary>
    protected abstract string Reasoning(GbnfBuilder grammar, ReasoningStart start);

    /// <summary>The body of an answer's text within the family's delimiters.</summary>
    protected virtual string Answer(string text) => text;

    private OutputGrammar? Write(GbnfBuilder grammar, OutputConstraint constraint)
    {
        if (constraint.ResponseFormat is null && !constraint.RequiresCall)
        {
            return constraint.Tools.Count == 0 ? null : Lazy(grammar, constraint);
        }

        List<string> bodies = [];
        if (constraint.Tools.Count > 0)
        {
            bodies.Add(Calls(grammar, constraint));
        }

        if (constraint.ResponseFormat is { } form && !constraint.RequiresCall)
        {
            bodies.Add(Answer(form.AddRules(grammar, constraint.Relaxed)));
        }

        string body = bodies.Count == 1 ? bodies[0] : grammar.OneOf("answer", bodies.Select((body, i) => grammar.Add(i == 0 ? "calls" : "text", body)));
        return new OutputGrammar(grammar.Build($"{Reasoning(grammar, constraint.Reasoning)} {body}".TrimStart()));
    }
}
