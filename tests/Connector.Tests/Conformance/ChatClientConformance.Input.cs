using System.Text;
using System.Text.Json;
using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    /// <summary>A conversation with every kind of content that is read, and some of what is not.</summary>
    private static ChatMessage[] Conversation =>
    [
        new(ChatRole.System, "Be kind."),
        new(ChatRole.User, [new TextContent("Look: "), new DataContent("a map"u8.ToArray(), "text/plain"), new UsageContent(new UsageDetails()), new TextContent(Tools.WeatherQuestion)]),
        new(ChatRole.Assistant, [new TextReasoningContent("Hm."), new FunctionCallContent("one", Tools.WeatherName, new Dictionary<string, object?> { ["city"] = "Paris" })]),
        new(ChatRole.Tool, [new FunctionResultContent("one", new Dictionary<string, object?> { ["temperature"] = 21 })]),
        new(ChatRole.Assistant, "It is warm."),
        new(ChatRole.User, Question),
    ];

    private static AIContent[] Unsupported =>
    [
        new UnknownContent(), new DataContent(new byte[] { 1, 2 }, "image/png"), new UriContent("https://example.org/a.png", "image/png"), new HostedFileContent("file"),
    ];

    [Fact]
    public void Call_NullMessages_ThrowsBeforeEnumeration()
    {
        Assert.Throws<ArgumentNullException>("messages", () => { _ = Client.GetStreamingResponseAsync((IEnumerable<ChatMessage>)null!, cancellationToken: Cancellation); });
        Assert.Throws<ArgumentNullException>("messages", () => { _ = Client.GetResponseAsync((IEnumerable<ChatMessage>)null!, cancellationToken: Cancellation); });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Messages_AreEnumeratedOnce(bool streaming)
    {
        ChatResponse response = await CallAsync(Client, streaming, new ReadOnce(Conversation), Tools.Offer(Tools.Weather), Cancellation);

        Assert.Contains(Code, response.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_MessagesAndOptions_AreLeftAlone(bool streaming)
    {
        ChatMessage[] messages = Conversation;
        ChatMessage[] same = [.. messages];
        List<AIContent>[] contents = [.. messages.Select(message => message.Contents.ToList())];
        ChatOptions options = Tools.Offer(Tools.Weather, new HostedWebSearchTool());
        options.Instructions = "Be brief.";
        options.StopSequences = ["", "STOP"];
        options.ResponseFormat = ChatResponseFormat.Text;
        options.AdditionalProperties = new() { ["min_p"] = 0.1, ["other"] = "what" };
        options.RawRepresentationFactory = _ => new LlamaRequestOptions { StopSequences = ["END"] };
        ChatOptions clone = options.Clone();
        string text = Json(messages);

        await CallAsync(Client, streaming, messages, options, Cancellation);

        Assert.Equal(same, messages);
        Assert.Equal(contents, messages.Select(message => message.Contents));
        Assert.Equal(text, Json(messages));
        Assert.Equal(clone.Tools, options.Tools);
        Assert.Equal(clone.StopSequences, options.StopSequences);
        Assert.Equal(clone.AdditionalProperties, options.AdditionalProperties);
        Assert.Same(clone.ResponseFormat, options.ResponseFormat);
        Assert.Same(clone.RawRepresentationFactory, options.RawRepresentationFactory);
        Assert.Null(options.ToolMode);
        Assert.Equal(Json(clone), Json(options));

        static string Json<T>(T value) => JsonSerializer.Serialize(value, AIJsonUtilities.DefaultOptions);
    }

    [Fact]
    public async Task GetResponseAsync_Instructions_AreTheSystemMessage()
    {
        const string Instructions = "You are a helpful assistant.";
        ChatOptions wild = Pebble.Wild(seed: 8);
        ChatResponse asMessage = await Client.GetResponseAsync([new(ChatRole.System, Instructions), new(ChatRole.User, "Hello.")], wild, Cancellation);
        wild.Instructions = Instructions;
        ChatResponse asOption = await AskAsync("Hello.", wild);
        wild.Instructions = null;
        ChatResponse without = await AskAsync("Hello.", wild);

        Assert.Equal(asMessage.Text, asOption.Text);
        Assert.Equal(asMessage.Usage!.InputTokenCount, asOption.Usage!.InputTokenCount);
        Assert.True(asOption.Usage.InputTokenCount > without.Usage!.InputTokenCount + 5);
    }

    // Roles are equal whatever their case, and a developer's message is the newer name of a system one.
    [Theory]
    [InlineData("User", "user")]
    [InlineData("SYSTEM", "system")]
    [InlineData("Assistant", "assistant")]
    [InlineData("developer", "system")]
    public async Task GetResponseAsync_RoleWrittenOtherwise_IsTheSame(string written, string role)
    {
        ChatMessage question = new(ChatRole.User, "What?");

        Assert.Equal(
            await InputTokensAsync([new ChatMessage(new ChatRole(role), "A message of some length."), question]),
            await InputTokensAsync([new ChatMessage(new ChatRole(written), "A message of some length."), question]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_ContentThatWouldBeLost_IsRefused(bool streaming)
    {
        foreach (AIContent content in Unsupported)
        {
            ChatMessage[] messages = [new(ChatRole.User, "Look:"), new(ChatRole.User, [new TextContent("What is a "), content, new TextContent("book?")])];

            var error = await Assert.ThrowsAsync<NotSupportedException>(() => CallAsync(Client, streaming, messages, null, Cancellation));
            Assert.StartsWith("Message 2 (user) holds a", error.Message, StringComparison.Ordinal);
            Assert.Contains(nameof(LlamaChatClientOptions.SkipUnsupportedContent), error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GetResponseAsync_SkipUnsupportedContent_LeavesItOut()
    {
        var options = new ChatOptions { MaxOutputTokens = 1, RawRepresentationFactory = _ => new LlamaRequestOptions { SkipUnsupportedContent = true } };
        ChatMessage mixed = new(ChatRole.User, [new TextContent("What is a "), .. Unsupported, new TextContent("book?")]);

        Assert.Equal(await InputTokensAsync("What is a book?"), await InputTokensAsync([mixed], options));
        Assert.Equal(await InputTokensAsync(string.Empty), await InputTokensAsync([new ChatMessage(ChatRole.User, Unsupported)], options));
    }

    [Fact]
    public async Task GetResponseAsync_ContentThatIsNoPartOfTheConversation_IsLeftOut()
    {
        AIContent[] records = [new AIContent { RawRepresentation = 1 }, new ErrorContent("broken"), new UsageContent(new UsageDetails { InputTokenCount = 3 })];
        ChatMessage mixed = new(ChatRole.User, [new TextContent("What is a "), .. records, new TextContent("book?")]);

        Assert.Equal(await InputTokensAsync("What is a book?"), await InputTokensAsync([mixed]));
    }

    [Fact]
    public async Task GetResponseAsync_TextDocument_IsRead()
    {
        ChatMessage message = new(ChatRole.User, [new DataContent(Encoding.UTF8.GetBytes(Pebble.Fact("north", Code)), "text/plain"), new TextContent(Pebble.Question("north"))]);

        Assert.Contains(Code, (await Client.GetResponseAsync([message], Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_EmptyContents_AreAnEmptyText()
    {
        ChatMessage[] empty = [new(ChatRole.User, "Hello."), new(ChatRole.Assistant, []), new(ChatRole.User, (string?)null)];
        ChatMessage[] text = [new(ChatRole.User, "Hello."), new(ChatRole.Assistant, string.Empty), new(ChatRole.User, string.Empty)];

        Assert.Equal(await InputTokensAsync(text), await InputTokensAsync(empty));
    }

    [Fact]
    public async Task GetResponseAsync_Conversation_RemembersItsEarlierTurns()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.User, Pebble.Fact("north", Code)), new(ChatRole.Assistant, "Noted."), new(ChatRole.User, Pebble.Question("north")),
        ];

        Assert.Contains(Code, (await Client.GetResponseAsync(messages, Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }
}
