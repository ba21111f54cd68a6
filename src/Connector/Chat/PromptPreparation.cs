using System.Collections.Frozen;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Sessions;
using CurKv.Connector.Templates;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>
/// Makes of a request what is read and generated: the conversation's shape, its tokens, how they are compressed, and the grammar and
/// the parser of the answer. Thread-safe.
/// </summary>
/// <param name="prompts">Renders and tokenizes.</param>
/// <param name="grammars">Writes what answers have to obey.</param>
/// <param name="marks">The special tokens whose texts answers' formats know.</param>
internal sealed class PromptPreparation(PromptBuilder prompts, AnswerGrammars grammars, FrozenSet<int> marks)
{
    /// <summary>A whole conversation, whose system prompt tells of the answer's form.</summary>
    public GenerationRequest Conversation(ChatRequest request, KvCompressionPlanner compression)
    {
        Conversation conversation = request.Form is { } form
            ? request.Conversation with { Turns = TurnShaping.Instruct(request.Conversation.Turns, form.Prompt()) }
            : request.Conversation;
        Prompt prompt = prompts.Build(conversation);
        return Generation(request, prompts.Template.Format, prompt.Text, prompt.Tokens) with { Compression = Plan(compression, prompt, questionKnown: true) };
    }

    /// <summary>A document's part of the prompts about it.</summary>
    public Prompt Opening(string document, string? instructions) => prompts.BuildDocument(instructions, document);

    /// <summary>How a document's part is read.</summary>
    public static ReadingRequest Reading(Prompt opening, KvCompressionPlanner compression) =>
        new(null, opening.Tokens, Plan(compression, opening, questionKnown: false));

    /// <summary>A conversation about a document. What is read already cannot tell of tools any more: the question does, in a form that it tells as well.</summary>
    /// <param name="request">A request that <see cref="ThrowIfNoQuestion"/> let pass.</param>
    /// <param name="document">The document.</param>
    /// <param name="cells">Its cells.</param>
    /// <param name="compression">How document and question are compressed together; null for not at all.</param>
    public GenerationRequest Question(ChatRequest request, ReadDocument document, KvSnapshot cells, KvCompressionPlanner? compression)
    {
        AnswerFormat format = prompts.Template.Format;
        IReadOnlyList<ChatTurn> turns = request.Conversation.Turns;
        if (request.Conversation.Tools.Count > 0)
        {
            format = prompts.GenericFormat;
            turns = TurnShaping.WriteCalls(turns, format);
            turns = [turns[0] with { Content = $"{format.ToolsPrompt(request.Conversation.Tools)}\n\n{turns[0].Content}" }, .. turns.Skip(1)];
        }

        turns = request.Form is { } form ? TurnShaping.Ask(turns, form.Prompt()) : turns;
        (string text, int[] tokens) = prompts.BuildQuestion(
            document.Opening, document.Instructions, document.Text, request.Conversation with { Turns = turns, Tools = [] });
        return Generation(request, format, text, tokens) with
        {
            Prefix = cells,
            Compression = compression is null ? null : Plan(compression, document.Opening, questionKnown: true),
        };
    }

    /// <summary>Refuses what cannot follow a document.</summary>
    /// <exception cref="ArgumentException">The conversation does not begin with a user's question.</exception>
    /// <exception cref="NotSupportedException">There are tools, and the model's answers have a format of their own for calls.</exception>
    public void ThrowIfNoQuestion(ChatRequest request)
    {
        Conversation conversation = request.Conversation;
        if (conversation.Turns.Count == 0 || conversation.Turns[0].Role != "user")
        {
            throw new ArgumentException(
                $"A conversation about a document begins with the user's question. Give a system prompt to {nameof(LlamaChatClient.ReadDocumentAsync)} as {nameof(LlamaDocumentOptions)}.{nameof(LlamaDocumentOptions.Instructions)}.", nameof(request));
        }

        AnswerFormat format = prompts.Template.Format;
        if (conversation.Tools.Count > 0 && !format.IsPlain)
        {
            throw new NotSupportedException(
                $"Models that answer as '{format.Name}' cannot be told of tools behind a document that is read already. Ask the {nameof(LlamaChatClient)}, with the document in the prompt, or leave {nameof(ChatOptions)}.{nameof(ChatOptions.Tools)} empty.");
        }
    }

    private static KvCompressionPlan? Plan(KvCompressionPlanner compression, Prompt prompt, bool questionKnown) =>
        compression.Plan([prompt.SystemPrompt, prompt.Tools], prompt.Scaffolding, questionKnown);

    private GenerationRequest Generation(ChatRequest request, AnswerFormat format, string text, int[] tokens)
    {
        ReasoningStart reasoning = format.ReasoningAfter(text);
        AnswerParser parser = format.CreateParser(new AnswerParserSettings
        {
            Tools = request.Callable,
            Reasoning = reasoning,
            UsedCallIds = request.Conversation.Turns.SelectMany(turn => turn.Calls).Select(call => call.CallId).ToHashSet(StringComparer.Ordinal),
        });
        SamplerSettings sampler = request.Settings.Sampler;
        return new GenerationRequest
        {
            Tokens = tokens,

            // A grammar that the caller brings overrides what the options demand.
            Sampler = sampler with { Grammar = sampler.Grammar ?? grammars.Of(request, format, reasoning) },
            Reader = new AnswerReader(parser),
            Marks = marks,
            StopSequences = request.Settings.StopSequences,
            MaxOutputTokens = request.MaxOutputTokens,
        };
    }
}
