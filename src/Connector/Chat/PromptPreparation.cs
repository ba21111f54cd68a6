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
/// Prepares a request for prefill and generation: the conversation's form, its tokens, how they are compressed, and the grammar and
/// the parser of the answer. Thread-safe.
/// </summary>
/// <param name="prompts">Renders and tokenizes.</param>
/// <param name="grammars">Creates the grammars that are enforced on answers.</param>
/// <param name="visibleSpecialTokens">The special tokens whose text the output parsers receive.</param>
internal sealed class PromptPreparation(PromptBuilder prompts, RequestGrammars grammars, FrozenSet<int> visibleSpecialTokens)
{
    /// <summary>A whole conversation, whose system prompt describes the response format.</summary>
    public GenerationRequest Conversation(ChatRequest request, KvCompressionPlanner compression)
    {
        Conversation conversation = request.ResponseFormat is { } json
            ? request.Conversation with { Turns = TurnShaping.Instruct(request.Conversation.Turns, json.Prompt()) }
            : request.Conversation;
        Prompt prompt = prompts.Build(conversation);
        return Generation(request, prompts.Template.Format, prompt.Text, prompt.Tokens) with { Compression = Plan(compression, prompt, questionKnown: true) };
    }

    /// <summary>A document's part of the prompts about it.</summary>
    public Prompt Prefix(string document, string? instructions) => prompts.BuildDocument(instructions, document);

    /// <summary>The prefill of a document's prompt prefix.</summary>
    public static PrefillRequest Reading(Prompt opening, KvCompressionPlanner compression) =>
        new(null, opening.Tokens, Plan(compression, opening, questionKnown: false));

    /// <summary>A conversation about a document. The prefilled text cannot advertise tools any more: the question does, with the syntax of calls.</summary>
    /// <param name="request">A request that <see cref="ThrowIfNoQuestion"/> let pass.</param>
    /// <param name="document">The document.</param>
    /// <param name="cells">Its cells.</param>
    /// <param name="compression">How document and question are compressed together; null for not at all.</param>
    public GenerationRequest Question(ChatRequest request, PrefilledDocument document, KvSnapshot cells, KvCompressionPlanner? compression)
    {
        ChatFormat format = prompts.Template.Format;
        IReadOnlyList<ChatTurn> turns = request.Conversation.Turns;
        if (request.Conversation.Tools.Count > 0)
        {
            format = prompts.GenericFormat;
            turns = TurnShaping.WriteCalls(turns, format);
            turns = [turns[0] with { Content = $"{format.ToolsPrompt(request.Conversation.Tools)}\n\n{turns[0].Content}" }, .. turns.Skip(1)];
        }

        turns = request.ResponseFormat is { } json ? TurnShaping.Ask(turns, json.Prompt()) : turns;
        (string text, int[] tokens) = prompts.BuildQuestion(
            document.Prefix, document.Instructions, document.Text, request.Conversation with { Turns = turns, Tools = [] });
        return Generation(request, format, text, tokens) with
        {
            Prefix = cells,
            Compression = compression is null ? null : Plan(compression, document.Prefix, questionKnown: true),
        };
    }

    /// <summary>Throws if a conversation cannot follow a document.</summary>
    /// <exception cref="ArgumentException">The conversation does not begin with a user message.</exception>
    /// <exception cref="NotSupportedException">There are tools, and the model's own output format does not allow them after a document.</exception>
    public void ThrowIfNoQuestion(ChatRequest request)
    {
        Conversation conversation = request.Conversation;
        if (!PromptBuilder.BeginsWithQuestion(conversation))
        {
            throw new ArgumentException(
                $"A conversation about a document must begin with a user message. Pass a system prompt to {nameof(LlamaChatClient.ReadDocumentAsync)} as {nameof(LlamaDocumentOptions)}.{nameof(LlamaDocumentOptions.Instructions)}.", nameof(request));
        }

        ChatFormat format = prompts.Template.Format;
        if (conversation.Tools.Count > 0 && !format.IsPlain)
        {
            throw new NotSupportedException(
                $"Models with the output format '{format.Name}' do not support tools after a prefilled document. Ask the {nameof(LlamaChatClient)}, with the document in the prompt, or leave {nameof(ChatOptions)}.{nameof(ChatOptions.Tools)} empty.");
        }
    }

    private static KvCompressionPlan? Plan(KvCompressionPlanner compression, Prompt prompt, bool questionKnown) =>
        compression.Plan([prompt.SystemPrompt, prompt.Tools], prompt.TemplateTokens, questionKnown);

    private GenerationRequest Generation(ChatRequest request, ChatFormat format, string text, int[] tokens)
    {
        ReasoningStart reasoning = format.ReasoningAfter(text);
        ModelOutputParser parser = format.CreateParser(new OutputParserSettings
        {
            Tools = request.Callable,
            Reasoning = reasoning,
            UsedCallIds = request.Conversation.Turns.SelectMany(turn => turn.Calls).Select(call => call.CallId).ToHashSet(StringComparer.Ordinal),
        });
        SamplerSettings sampler = request.Settings.Sampler;
        return new GenerationRequest
        {
            Tokens = tokens,

            // The caller's own grammar overrides those of tools and response format.
            Sampler = sampler with { Grammar = sampler.Grammar ?? grammars.Of(request, format, reasoning) },
            Parser = new ChatOutputParser(parser),
            VisibleSpecialTokens = visibleSpecialTokens,
            StopSequences = request.Settings.StopSequences,
            MaxOutputTokens = request.MaxOutputTokens,
        };
    }
}
