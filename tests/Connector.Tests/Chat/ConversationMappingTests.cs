using System.Text;
using CurKv.Connector.Chat;
using CurKv.Connector.Templates;
using CurKv.Connector.Tests.Conformance;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>Chat messages, also those of other clients' histories, as turns.</summary>
public class ConversationMappingTests
{
    [Fact]
    public void Map_TextBehindResults_StaysBehindThem()
    {
        List<ChatTurn> turns = Map(
            new ChatMessage(ChatRole.Assistant, [new TextContent("Let me see."), Call("1"), Call("2")]),
            new ChatMessage(ChatRole.User, [new FunctionResultContent("1", "one"), new FunctionResultContent("2", "two"), new TextContent("And now?")]));

        Assert.Equal([("assistant", "Let me see."), ("tool", "one"), ("tool", "two"), ("user", "And now?")], turns.Select(turn => (turn.Role, turn.Content)));
        Assert.Equal([null, "1", "2", null], turns.Select(turn => turn.CallId));
        Assert.Equal("get_1", turns[1].ToolName);
    }

    [Fact]
    public void Map_TextInAToolsMessage_IsTheUsersBehindTheResult()
    {
        List<ChatTurn> turns = Map(new ChatMessage(ChatRole.Tool, [new TextContent("Before."), new FunctionResultContent("1", "one"), new TextContent("Behind.")]));

        Assert.Equal([("tool", "Before."), ("tool", "one"), ("user", "Behind.")], turns.Select(turn => (turn.Role, turn.Content)));
    }

    [Fact]
    public void Map_CallsAndResultInOneMessage_CallGoesFirst()
    {
        List<ChatTurn> turns = Map(new ChatMessage(ChatRole.Assistant, [Call("1"), new FunctionResultContent("1", "one"), new TextContent("It is one.")]));

        Assert.Equal([("assistant", ""), ("tool", "one"), ("assistant", "It is one.")], turns.Select(turn => (turn.Role, turn.Content)));
        Assert.Equal("1", Assert.Single(turns[0].Calls).CallId);
    }

    [Theory]
    [InlineData("a\0", null)]
    [InlineData("", "\0")]
    public void Map_NulCharacter_Throws(string text, string? reasoning)
    {
        var message = new ChatMessage(ChatRole.Assistant, [new TextContent(text), new TextReasoningContent(reasoning ?? "")]);

        Assert.Throws<ArgumentException>("messages", () => Map(message));
    }

    public static TheoryData<AIContent, string> Unsupported => new()
    {
        { new DataContent(new byte[] { 1 }, "image/png") { Name = "map.png" }, "a DataContent of type image/png ('map.png'), but the client reads text only" },
        { new DataContent(new byte[] { 1 }, "audio/wav"), "a DataContent of type audio/wav, but the client reads text only" },
        { new DataContent(new byte[] { 1 }, "application/pdf"), "a DataContent of type application/pdf, but the client reads text only: extract its text first" },
        { new DataContent(new byte[] { 0xFF }, "text/plain"), "a DataContent of type text/plain, but its bytes are no text in that encoding" },
        { new DataContent(new byte[] { 65 }, "text/plain;charset=klingon"), "but its bytes are no text in that encoding" },
        { new UriContent("https://example.org/a.png", "image/png"), "a UriContent of type image/png (https://example.org/a.png), but the client reads text only" },
        { new UriContent("https://example.org/a.txt", "text/plain"), "a UriContent of type text/plain (https://example.org/a.txt), but the client fetches nothing: send its text" },
        { new HostedFileContent("file"), "a HostedFileContent, but the client has no access to content on a provider's server" },
        { new HostedVectorStoreContent("store"), "a HostedVectorStoreContent, but the client has no access to content on a provider's server" },
        { new CodeInterpreterToolResultContent("1"), "a CodeInterpreterToolResultContent, which the client cannot hand to the model" },
        { new ToolApprovalResponseContent("1", approved: true, new FunctionCallContent("1", "get")), "a ToolApprovalResponseContent, which the client cannot hand to the model" },
    };

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void Map_UnsupportedContent_SaysWhatWhereAndWhy(AIContent content, string expected)
    {
        ChatMessage[] messages = [new(ChatRole.System, "Be kind."), new(ChatRole.User, [new TextContent("Look: "), content])];

        var error = Assert.Throws<NotSupportedException>(() => Map(messages));
        Assert.StartsWith("Message 2 (user) holds a", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal("Look: ", ConversationMapping.Map(messages, null, skipsUnsupported: true)[1].Content);
    }

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void Map_UnsupportedContentInAResult_IsRefusedToo(AIContent content, string expected)
    {
        object[] results = [content, new List<AIContent> { new TextContent("a map"), content }, new object[] { "a map", content }];
        foreach (object result in results)
        {
            ChatMessage message = new(ChatRole.Tool, [new FunctionResultContent("1", result)]);

            var error = Assert.Throws<NotSupportedException>(() => Map(message));
            Assert.StartsWith("Message 1 (tool) holds a", error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            Assert.Equal(result is AIContent ? "" : "a map", Assert.Single(ConversationMapping.Map([message], null, skipsUnsupported: true)).Content);
        }
    }

    public static TheoryData<object?, string> Results => new()
    {
        { null, "" },
        { "one", "one" },
        { 1, "1" },
        { new TextContent("one"), "one" },
        { new AIContent[] { new TextContent("one "), new TextContent("two"), new UsageContent(new UsageDetails()) }, "one two" },
        { new AIContent[] { new TextContent("See:"), new DataContent("{}"u8.ToArray(), "application/json") }, "See:\n\n{}" },
        { new ErrorContent("no such file"), "Error: no such file" },
        { new object?[] { new TextContent("one"), 2, null }, "one\n\n2" },
        { new object[] { "one", 2 }, """["one",2]""" },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public void Map_Result_BecomesText(object? result, string expected) =>
        Assert.Equal(expected, Assert.Single(Map(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("1", result)]))).Content);

    [Theory]
    [InlineData("text/plain", "caf\u00C3\u00A9", "caf\u00E9")]
    [InlineData("text/plain", "\u00EF\u00BB\u00BFcafe", "cafe")]
    [InlineData("text/markdown;charset=utf-8", "# One", "# One")]
    [InlineData("text/plain; charset=\"iso-8859-1\"", "caf\u00E9", "caf\u00E9")]
    [InlineData("application/json", "{}", "{}")]
    public void Map_TextDocument_StandsApart(string type, string latin1, string expected)
    {
        var document = new DataContent(Encoding.Latin1.GetBytes(latin1), type);

        ChatTurn turn = Assert.Single(Map(new ChatMessage(ChatRole.User, [new TextContent("Read "), new TextContent("this:"), document, document, new TextContent("Well?")])));

        Assert.Equal($"Read this:\n\n{expected}\n\n{expected}\n\nWell?", turn.Content);
    }

    private static FunctionCallContent Call(string id) => new(id, $"get_{id}");

    private static List<ChatTurn> Map(params ChatMessage[] messages) => ConversationMapping.Map(messages, null);
}
