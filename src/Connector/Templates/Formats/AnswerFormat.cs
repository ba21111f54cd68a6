using CurKv.Connector.Engine;
using CurKv.Grammar.Gbnf;
using CurKv.Grammar.Schema;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>How the answers of a family of models look: reasoning, calls of tools, text. Immutable and thread-safe.</summary>
/// <remarks>The shapes are those that the families' own chat templates write and tell.</remarks>
internal abstract class AnswerFormat
{
    /// <summary>The family's name, for logs: "hermes", "mistral" and so on.</summary>
    public abstract string Name { get; }

    /// <summary>Whether the template knows reasoning, so that grammars leave room for it.</summary>
    public abstract bool HasReasoning { get; }

    /// <summary>Finds the format by what a template says; <see cref="GenericFormat"/> where it names none.</summary>
    /// <param name="template">The Jinja template; null where the model brings none.</param>
    public static AnswerFormat Detect(string? template)
    {
        template ??= string.Empty;
        bool Says(string text) => template.Contains(text, StringComparison.Ordinal);
        bool thinks = Says(ReasoningMarks.Think.Open);
        return template switch
        {
            _ when Says(HarmonyFormat.Channel) => new HarmonyFormat(),
            _ when Says(MistralFormat.CallsMark) => MistralFormat.Of(template),
            _ when Says(CommandFormat.ActionOpen) => new CommandFormat(Says("<|START_TEXT|>")),
            _ when Says("Action:") && Says("tool_name") => new CommandRFormat(),
            _ when Says(DeepSeekFormat.CallBegin) => DeepSeekFormat.Of(template),
            _ when Says("<tool_call>") && Says(QwenCoderFormat.FunctionOpen) && Says(QwenCoderFormat.ParameterOpen) => new QwenCoderFormat(thinks),
            _ when Says(GraniteFormat.CallsMark) => GraniteFormat.Of(template),
            _ when Says("<tool_call>") && Says("arguments") && !Says("<arg_key>") && !Says("<invoke") && TemplateCapabilities.Of(template).Tools => new HermesFormat(thinks),
            _ when Says("<|start_header_id|>") && Says("\"parameters\"") && !Says(QwenCoderFormat.FunctionOpen) => new LlamaFormat(),
            _ => new GenericFormat(thinks),
        };
    }

    /// <summary>Whether the template renders one call in a message only.</summary>
    public virtual bool RendersOneCall => false;

    /// <summary>Whether a special token's text is, or is part of, a mark: then parsers want to see it, all others are left out of answers.</summary>
    public abstract bool IsMark(string special);

    /// <summary>Whether text stands in no marks of the family's own, nor reasoning in others than the usual ones: then calls may look as another format has them.</summary>
    public abstract bool IsPlain { get; }

    /// <summary>Makes a parser for one answer.</summary>
    public abstract AnswerParser CreateParser(AnswerParserSettings settings);

    /// <summary>Where a rendered prompt leaves the model's reasoning.</summary>
    /// <param name="prompt">The prompt's text, with the beginning of the assistant's turn.</param>
    public virtual ReasoningStart ReasoningAfter(string prompt) => ReasoningStart.Possible;

    /// <summary>
    /// What to tell the model about tools, at the end of the system prompt; null where the template does it. Where it is not null the
    /// template gets no tools, and calls and results in the history are written by <see cref="WriteCalls"/> and <see cref="WriteResult"/>
    /// if those say anything.
    /// </summary>
    public virtual string? ToolsPrompt(IReadOnlyList<AIFunctionDeclaration> tools) => null;

    /// <summary>Calls of the history as the text of the assistant's message; null where the template writes them.</summary>
    public virtual string? WriteCalls(IEnumerable<FunctionCallContent> calls) => null;

    /// <summary>A tool's result in the history as the text of a user's message; null where the template writes it.</summary>
    public virtual string? WriteResult(string result) => null;

    /// <summary>A new id for a call.</summary>
    public virtual string CreateCallId() => $"call_{Guid.NewGuid():N}";

    /// <summary>A call's id in the shape that the template demands; the same id always gives the same.</summary>
    /// <param name="id">Any id, such as one that another client made.</param>
    public virtual string ToTemplateCallId(string id) => id;

    /// <summary>The grammar that holds an answer to what a request demands.</summary>
    /// <returns>
    /// Null where the request demands nothing and names no tools. Otherwise a grammar that leaves room for reasoning, where the family
    /// has it, and binds from the first token on if a call or an answer of a certain form is demanded. If a call is merely possible it
    /// binds from the mark that opens one, and to the end: no text follows calls.
    /// </returns>
    /// <exception cref="ArgumentException">A call is required, but there are no tools.</exception>
    /// <exception cref="JsonSchemaNotSupportedException">A schema is wrong, or allows no value, or the answer's, if strict, holds a keyword that no grammar can enforce.</exception>
    public OutputGrammar? Constrain(AnswerConstraint constraint)
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

    /// <summary>Adds the rules of one call or several, from the mark that opens them, and returns the body.</summary>
    protected abstract string Calls(GbnfBuilder grammar, AnswerConstraint constraint);

    /// <summary>The grammar that binds once the model begins to call.</summary>
    protected abstract OutputGrammar Lazy(GbnfBuilder grammar, AnswerConstraint constraint);

    /// <summary>Adds the rules of the reasoning before the answer and returns the body; empty where there is none.</summary>
    protected abstract string Reasoning(GbnfBuilder grammar, ReasoningStart start);

    /// <summary>The body of an answer's text in the family's marks.</summary>
    protected virtual string Answer(string text) => text;

    private OutputGrammar? Write(GbnfBuilder grammar, AnswerConstraint constraint)
    {
        if (constraint.Form is null && !constraint.RequiresCall)
        {
            return constraint.Tools.Count == 0 ? null : Lazy(grammar, constraint);
        }

        List<string> bodies = [];
        if (constraint.Tools.Count > 0)
        {
            bodies.Add(Calls(grammar, constraint));
        }

        if (constraint.Form is { } form && !constraint.RequiresCall)
        {
            bodies.Add(Answer(form.AddRules(grammar, constraint.Relaxed)));
        }

        string body = bodies.Count == 1 ? bodies[0] : grammar.OneOf("answer", bodies.Select((body, i) => grammar.Add(i == 0 ? "calls" : "text", body)));
        return new OutputGrammar(grammar.Build($"{Reasoning(grammar, constraint.Reasoning)} {body}".TrimStart()));
    }
}
