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

    private static FunctionCallContent Call(string id) => new(id, $"get_{id}");

    private static List<ChatTurn> Map(params ChatMessage[] messages) => ConversationMapping.Map(messages, null);
}
