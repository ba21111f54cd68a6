using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using CurKv.Connector.Chat;
using LLama.Common;
using LLama.Sampling;
using Microsoft.Extensions.AI;

namespace CurKv.Benchmarks.Peer;

/// <summary>What chat clients are tried at, by the contract of <see cref="IChatClient"/> alone but for the grammar, which each has in options of its own.</summary>
internal static class PeerProbes
{
    private const string Code = "4821";
    private const string Fact = $"The access code for the north gate is {Code}.\n\nWhat is the access code for the north gate?";
    private const string OtherFact = "The access code for the south gate is 9375.\n\nWhat is the access code for the south gate?";
    private const string BadGrammar = "root ::= ( \"a\"";

    public static IReadOnlyList<PeerProbe> All { get; } =
    [
        new("usage", "usage", UsageAsync),
        new("stop", "stop sequences", StopAsync),
        new("tools", "a required tool call", ToolsAsync),
        new("schema", "a JSON schema as response format", SchemaAsync),
        new("typed", "`GetResponseAsync<T>`", TypedAsync),
        new("image", "an image in the message", ImageAsync),
        new("grammar", "a grammar that is wrong", GrammarAsync),
        new("cancel", "cancellation while the book is read", CancelAsync),
        new("two", "two calls at once", TwoAsync),
    ];

    /// <summary>Options that draw nothing, for short answers.</summary>
    public static ChatOptions Greedy => new() { Temperature = 0, TopK = 1, MaxOutputTokens = 32 };

    private static async Task<string> UsageAsync(IChatClient client, CancellationToken cancellationToken) =>
        (await client.GetResponseAsync(Fact, Greedy, cancellationToken)).Usage is { } usage
            ? $"{usage.InputTokenCount} tokens in, {usage.OutputTokenCount} out"
            : "none";

    private static async Task<string> StopAsync(IChatClient client, CancellationToken cancellationToken)
    {
        ChatOptions options = Greedy;
        options.StopSequences = [Code[2..]];
        string text = (await client.GetResponseAsync(Fact, options, cancellationToken)).Text;
        return text.Contains(Code, StringComparison.Ordinal) ? "ignored" : text.Contains(Code[..2], StringComparison.Ordinal) ? "honoured" : Shown(text);
    }

    private static async Task<string> ToolsAsync(IChatClient client, CancellationToken cancellationToken)
    {
        ChatOptions options = Greedy;
        options.Tools = [AIFunctionFactory.Create(([Description("The city.")] string city) => $"sunny in {city}", "get_weather", "Get the current weather.")];
        options.ToolMode = ChatToolMode.RequireAny;
        ChatResponse response = await client.GetResponseAsync("What is the weather in Paris?", options, cancellationToken);
        return response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().FirstOrDefault() is { } call
            ? $"{call.Name}({string.Join(", ", call.Arguments!.Select(argument => $"{argument.Key}: {argument.Value}"))})"
            : "ignored";
    }

    private static async Task<string> SchemaAsync(IChatClient client, CancellationToken cancellationToken)
    {
        ChatOptions options = Greedy;
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema<GateCode>();
        string text = (await client.GetResponseAsync(Fact, options, cancellationToken)).Text;
        try
        {
            JsonElement json = JsonSerializer.Deserialize<JsonElement>(text);
            return json.ValueKind == JsonValueKind.Object && json.EnumerateObject().Select(property => property.Name).Order().SequenceEqual(["code", "gate"])
                ? "obeyed"
                : "JSON of another form";
        }
        catch (JsonException)
        {
            return "ignored";
        }
    }

    private static async Task<string> TypedAsync(IChatClient client, CancellationToken cancellationToken)
    {
        ChatResponse<GateCode> response = await client.GetResponseAsync<GateCode>(Fact, Greedy, cancellationToken: cancellationToken);
        return response.TryGetResult(out _) ? "a value of the type" : "no value";
    }

    private static async Task<string> ImageAsync(IChatClient client, CancellationToken cancellationToken)
    {
        var message = new ChatMessage(ChatRole.User, [new TextContent("What do you see? "), new DataContent(new byte[] { 1, 2, 3 }, "image/png")]);
        await client.GetResponseAsync([message], Greedy, cancellationToken);
        return "left out in silence";
    }

    private static async Task<string> GrammarAsync(IChatClient client, CancellationToken cancellationToken)
    {
        ChatOptions options = Greedy;
        options.RawRepresentationFactory = chat => chat is LlamaChatClient
            ? new LlamaRequestOptions { Grammar = BadGrammar }
            : new InferenceParams { SamplingPipeline = new DefaultSamplingPipeline { Grammar = new LLama.Sampling.Grammar(BadGrammar, "root") } };
        return Shown((await client.GetResponseAsync(Fact, options, cancellationToken)).Text);
    }

    private static async Task<string> CancelAsync(IChatClient client, CancellationToken cancellationToken)
    {
        PeerBook book = PeerBook.Load(quick: false);
        await client.GetResponseAsync("Hello.", Greedy, cancellationToken);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ChatResponse> call = Task.Run(() => client.GetResponseAsync(book.Prompt(book.Questions[0]), Greedy, source.Token), cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        if (call.IsCompleted)
        {
            return "too fast to tell";
        }

        var late = Stopwatch.StartNew();
        await source.CancelAsync();
        try
        {
            await call;
            return FormattableString.Invariant($"not thrown; ends {late.Elapsed.TotalSeconds:N1} s later");
        }
        catch (OperationCanceledException e)
        {
            return FormattableString.Invariant($"{e.GetType().Name} {late.Elapsed.TotalSeconds:N1} s later");
        }
    }

    private static async Task<string> TwoAsync(IChatClient client, CancellationToken cancellationToken)
    {
        Task<ChatResponse>[] calls = [.. new[] { Fact, OtherFact }.Select(fact => Task.Run(() => client.GetResponseAsync(fact, Greedy, cancellationToken), cancellationToken))];
        ChatResponse[] responses = await Task.WhenAll(calls);
        bool[] right = [responses[0].Text.Contains(Code, StringComparison.Ordinal), responses[1].Text.Contains("9375", StringComparison.Ordinal)];
        return $"{right.Count(each => each)} of 2 right";
    }

    private static string Shown(string text) => $"answers \"{text.ReplaceLineEndings(" ").Trim()}\"";

    /// <summary>What answers are to be.</summary>
    internal sealed record GateCode(string Gate, int Code);
}
