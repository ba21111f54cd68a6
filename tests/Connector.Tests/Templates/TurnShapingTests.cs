using CurKv.Connector.Templates;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Templates;

public class TurnShapingTests
{
    [Theory]
    [InlineData("user:a", "system:Do.|user:a")]
    [InlineData("system:Be.|user:a", "system:Be.\n\nDo.|user:a")]
    [InlineData("system:|user:a", "system:Do.|user:a")]
    [InlineData("user:a|system:Be.", "system:Do.|user:a|system:Be.")]
    [InlineData("", "system:Do.")]
    public void Instruct_Turns_SystemPromptEndsWithIt(string turns, string expected) => Assert.Equal(expected, Show(TurnShaping.Instruct(Read(turns), "Do.")));

    [Theory]
    [InlineData("user:a|assistant:b|user:c|assistant:d", "user:a|assistant:b|user:c\n\nDo.|assistant:d")]
    [InlineData("system:s|user:a", "system:s|user:a\n\nDo.")]
    public void Ask_Turns_LastUsersMessageEndsWithIt(string turns, string expected) => Assert.Equal(expected, Show(TurnShaping.Ask(Read(turns), "Do.")));

    [Theory]
    [InlineData("user:a|assistant:b", "user:a|assistant:b")]
    [InlineData("system:s|user:a", "user:s\n\na")]
    [InlineData("system:s|system:t|user:a|user:b", "user:s\n\nt\n\na|user:b")]
    [InlineData("user:a|system:s|assistant:b|user:c", "user:a|assistant:b|user:s\n\nc")]
    [InlineData("user:a|system:s", "user:a|user:s")]
    [InlineData("system:s", "user:s")]
    public void WithoutSystem_Turns_AreInTheUsersMessageBehind(string turns, string expected) => Assert.Equal(expected, Show(TurnShaping.WithoutSystem(Read(turns))));

    [Theory]
    [InlineData("system:s|user:a|system:t|user:b", "system:s|user:a|user:t\n\nb")]
    [InlineData("user:a|assistant:b|system:s", "user:a|assistant:b|user:s")]
    public void WithoutSystem_KeepsFirst_LeavesTheOneAtTheBeginning(string turns, string expected) => Assert.Equal(expected, Show(TurnShaping.WithoutSystem(Read(turns), keepsFirst: true)));

    [Theory]
    [InlineData("user:a|assistant:b|user:c", "user:a|assistant:b|user:c")]
    [InlineData("user:a|user:b|user:c|assistant:d|assistant:e", "user:a\n\nb\n\nc|assistant:d|assistant:e")]
    [InlineData("user:|user:b|user:", "user:b")]
    public void Merge_Turns_NeighboursOfTheRoleAreOne(string turns, string expected) => Assert.Equal(expected, Show(TurnShaping.Merge(Read(turns), "user")));

    [Theory]
    [InlineData("assistant:a|assistant:b!1|tool:r@1|assistant:c|assistant:d", "assistant:a|assistant:b!1|tool:r@1|assistant:c\n\nd")]
    [InlineData("assistant:b!1|assistant:c", "assistant:b!1|assistant:c")]
    public void Merge_Calls_StayAlone(string turns, string expected) => Assert.Equal(expected, Show(TurnShaping.Merge(Read(turns), "assistant")));

    [Theory]
    [InlineData("assistant:b!1!2|tool:r@1|tool:s@2|user:c|user:d", "user:<tool_response>\nr\n</tool_response>\n<tool_response>\ns\n</tool_response>\n\nc|user:d")]
    [InlineData("user:a|tool:r@1", "user:a|user:<tool_response>\nr\n</tool_response>")]
    [InlineData("tool:r@1|assistant:b|tool:s@2", "user:<tool_response>\nr\n</tool_response>|assistant:b|user:<tool_response>\ns\n</tool_response>")]
    public void WriteCalls_Results_AreOneMessageWithWhatTheUserSaysBehind(string turns, string expected) =>
        Assert.EndsWith(expected, Show(TurnShaping.WriteCalls(Read(turns), new GenericFormat(false))), StringComparison.Ordinal);

    [Theory]
    [InlineData("user:a|assistant:b!1|tool:r@1", "user:a|assistant:b!1|tool:r@1")]
    [InlineData("assistant:b!1!2|tool:r@1|tool:s@2|user:c", "assistant:b!1|tool:r@1|assistant:!2|tool:s@2|user:c")]
    [InlineData("assistant:b!1!2!3|tool:s@2|tool:r@1", "assistant:b!1|tool:r@1|assistant:!2|tool:s@2|assistant:!3")]
    [InlineData("assistant:!1!2|tool:r@1|tool:x@9|user:c|tool:s@2", "assistant:!1|tool:r@1|assistant:!2|tool:x@9|user:c|tool:s@2")]
    [InlineData("assistant:!1!2|tool:r@1|assistant:!3!4|tool:s@4", "assistant:!1|tool:r@1|assistant:!2|assistant:!3|assistant:!4|tool:s@4")]
    public void OneCallEach_Turns_ResultsStandBehindTheirCalls(string turns, string expected) => Assert.Equal(expected, Show(TurnShaping.OneCallEach(Read(turns))));

    [Fact]
    public void AnswerResults_UserBehindAResult_HasAnEmptyAnswerBefore() =>
        Assert.Equal("user:a|assistant:b!1|tool:r@1|assistant:|user:c|user:d", Show(TurnShaping.AnswerResults(Read("user:a|assistant:b!1|tool:r@1|user:c|user:d"))));

    [Fact]
    public void OneCallEach_Reasoning_IsTheFirstMessages()
    {
        ChatTurn[] turns = [Read("assistant:b!1!2")[0] with { Reasoning = "Hm." }];

        Assert.Equal(["Hm.", null], TurnShaping.OneCallEach(turns).Select(turn => turn.Reasoning));
    }

    [Fact]
    public void WriteCalls_FormatThatHasNoText_LeavesThem()
    {
        IReadOnlyList<ChatTurn> turns = Read("assistant:b!1|tool:r@1");

        Assert.Equal("assistant:b!1|tool:r@1", Show(TurnShaping.WriteCalls(turns, new HermesFormat(false))));
        Assert.Equal(
            "assistant:b\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>|user:<tool_response>\nr\n</tool_response>",
            Show(TurnShaping.WriteCalls(turns, new GenericFormat(false))));
    }

    // role:content!call!call@result, with | between the turns.
    private static ChatTurn[] Read(string turns) => [.. turns.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(turn =>
    {
        string[] parts = turn.Split('@')[0].Split('!');
        string[] head = parts[0].Split(':');
        return new ChatTurn(head[0], head[1])
        {
            Calls = [.. parts.Skip(1).Select(id => new FunctionCallContent(id, "f"))],
            CallId = turn.Contains('@', StringComparison.Ordinal) ? turn.Split('@')[1] : null,
        };
    })];

    private static string Show(IEnumerable<ChatTurn> turns) => string.Join('|', turns.Select(turn =>
        $"{turn.Role}:{turn.Content}{string.Concat(turn.Calls.Select(call => "!" + call.CallId))}{(turn.CallId is null ? string.Empty : "@" + turn.CallId)}"));
}
