using System.Text;
using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public sealed partial class FakeEngineConformanceTests
{
    private const string Call = """<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>""";

    [Fact]
    public async Task GetStreamingResponseAsync_CharactersSplitOverTokens_ComeWhole()
    {
        SayBytes("é中😀!");

        List<ChatResponseUpdate> updates = await ReadAsync("What?");

        Assert.Equal(["é", "中", "😀", "!", ""], updates.Select(update => update.Text));
    }

    [Fact]
    public async Task GetStreamingResponseAsync_BytesThatAreNoText_AreReplaced()
    {
        _engine.OnAnswer = (_, _) => [[0xC3], "a"u8.ToArray(), [0xF0, 0x9F]];

        Assert.Equal("\uFFFDa\uFFFD", string.Concat((await ReadAsync("What?")).Select(update => update.Text)));
    }

    // A prompt may not hold it, and every answer may become part of one.
    [Fact]
    public async Task GetStreamingResponseAsync_NulCharacter_IsLeftOut()
    {
        SayBytes("<think>a\0b</think>c\0d");

        ChatMessage answer = Assert.Single((await AskAsync("What?")).Messages);

        Assert.Equal("cd", answer.Text);
        Assert.NotEqual(0, await InputTokensAsync([new(ChatRole.User, "What?"), answer, new(ChatRole.User, "Why?")]));
    }

    [Theory]
    [InlineData("S|T|O|P", "")]
    [InlineData("Say ST|OP", "Say ")]
    [InlineData("Say STO|P now", "Say ")]
    [InlineData("a ST|a STO|P", "a STa ")]
    [InlineData("SSTO|SSTOP", "SSTOS")]
    public async Task GetStreamingResponseAsync_StopSplitOverTokens_NeverLeaks(string tokens, string expected)
    {
        Say(tokens.Split('|'));

        List<ChatResponseUpdate> updates = await ReadAsync("What?", new ChatOptions { StopSequences = ["STOP"] });

        Assert.Equal(expected, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.Equal(tokens.Split('|').Length, Assert.Single(updates[^1].Contents.OfType<UsageContent>()).Details.OutputTokenCount);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_StopOfSplitCharacters_NeverLeaks()
    {
        SayBytes("one é😀 two");

        List<ChatResponseUpdate> updates = await ReadAsync("What?", new ChatOptions { StopSequences = ["é😀"] });

        Assert.Equal("one ", string.Concat(updates.Select(update => update.Text)));
    }

    [Fact]
    public async Task GetStreamingResponseAsync_Reasoning_IsContentOfItsOwn()
    {
        SayBytes("<think>\nHm, é.\n</think>\n\nTwo.");

        List<ChatResponseUpdate> updates = await ReadAsync("What?");

        AIContent[] contents = [.. updates.SelectMany(update => update.Contents)];
        Assert.Equal("Hm, é.", string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal("Two.", string.Concat(contents.OfType<TextContent>().Select(content => content.Text)));
        Assert.True(Array.FindLastIndex(contents, content => content is TextReasoningContent) < Array.FindIndex(contents, content => content is TextContent));
    }

    [Fact]
    public async Task GetResponseAsync_Reasoning_IsCounted()
    {
        Say("<think>", "One ", "two", "</think>", "Three", " four");

        ChatResponse response = await AskAsync("What?");

        Assert.Equal("Three four", response.Text);
        Assert.Equal(6, response.Usage!.OutputTokenCount);
        Assert.InRange(response.Usage.ReasoningTokenCount!.Value, 2, 4);
    }

    [Fact]
    public async Task GetResponseAsync_NoReasoning_CountsNone()
    {
        Say("One ", "two");

        Assert.InRange((await AskAsync("What?")).Usage!.ReasoningTokenCount ?? 0, 0, 0);
    }

    [Fact]
    public async Task GetResponseAsync_ReasoningNotWanted_IsLeftOut()
    {
        Say("<think>One</think>", "Two");

        ChatResponse response = await AskAsync("What?", new ChatOptions { Reasoning = new ReasoningOptions { Output = ReasoningOutput.None } });

        Assert.IsType<TextContent>(Assert.Single(Assert.Single(response.Messages).Contents));
        Assert.Equal("Two", response.Text);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_CallInTokensOfOneByte_ComesWholeAndOnce()
    {
        SayBytes($"Let me see.\n{Call}");

        List<ChatResponseUpdate> updates = await ReadAsync("What?", Tools.Offer(Tools.Weather));

        Assert.Equal("Let me see.", string.Concat(updates.Select(update => update.Text)));
        FunctionCallContent call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal("Paris", call.Arguments!["city"]?.ToString());
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
    }

    [Fact]
    public async Task GetResponseAsync_SeveralCalls_HaveIdsOfTheirOwn()
    {
        SayBytes($"{Call}\n{Call}\n{Call.Replace("Paris", "Rome", StringComparison.Ordinal)}");

        ChatResponse response = await AskAsync("What?", Tools.Offer(Tools.Weather));

        Assert.Equal(["Paris", "Paris", "Rome"], response.Calls().Select(call => call.Arguments!["city"]?.ToString()));
        Assert.Equal(3, response.Calls().Select(call => call.CallId).Distinct().Count());
    }

    [Theory]
    [InlineData("""<tool_call>{"name": "get_weather", "arguments": {"city": }}</tool_call>""")]
    [InlineData("""<tool_call>{"name": "get_weather", "arguments": {"city": "Paris}}</tool_call>""")]
    [InlineData("""<tool_call>{"name": "get_weather", "arguments": [1]}</tool_call>""")]
    public async Task Call_BadJson_KeepsTheExceptionAndNeverThrows(string answer)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            SayBytes(answer);
            ChatResponse response = await CallAsync(Client, streaming, "What?", Tools.Offer(Tools.Weather), Cancellation);

            FunctionCallContent call = Assert.Single(response.Calls());
            Assert.Equal(Tools.WeatherName, call.Name);
            Assert.NotNull(call.Exception);
            Assert.NotEmpty(call.CallId);
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        }
    }

    [Fact]
    public async Task GetResponseAsync_CallCutByTheLimit_IsNotGiven()
    {
        SayBytes(Call);
        ChatOptions options = Tools.Offer(Tools.Weather);
        options.MaxOutputTokens = 40;

        ChatResponse response = await AskAsync("What?", options);

        Assert.Empty(response.Calls());
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(40, response.Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task GetResponseAsync_SecondCallCutByTheLimit_GivesTheFirstAndSaysSo()
    {
        SayBytes(Call + Call);
        ChatOptions options = Tools.Offer(Tools.Weather);
        options.MaxOutputTokens = Call.Length + 20;

        ChatResponse response = await AskAsync("What?", options);

        Assert.Single(response.Calls());
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetResponseAsync_NoToolsToCall_LeavesTheTextAsItIs(bool hidden)
    {
        SayBytes(Call);
        ChatOptions options = hidden ? Tools.Offer(Tools.Weather) : Pebble.Greedy;
        options.ToolMode = hidden ? ChatToolMode.None : null;

        ChatResponse response = await AskAsync("What?", options);

        Assert.Empty(response.Calls());
        Assert.Equal(Call, response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    // What a model makes of a tool that does not exist is for the caller to see.
    [Fact]
    public async Task FunctionInvocation_UnknownTool_IsToldToTheModel()
    {
        int answers = 0;
        _engine.OnAnswer = (_, _) => [Encoding.UTF8.GetBytes(answers++ == 0 ? Call.Replace("get_weather", "get_wether", StringComparison.Ordinal) : "Sorry.")];

        ChatResponse response = await CallAsync(Client.AsBuilder().UseFunctionInvocation().Build(), streaming: true, "What?", Tools.Offer(Tools.Weather), Cancellation);

        Assert.Equal("Sorry.", response.Messages[^1].Text);
        Assert.Contains("get_wether", _engine.Prompts.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FunctionInvocation_BadJson_IsToldToTheModel()
    {
        int answers = 0;
        _engine.OnAnswer = (_, _) => [Encoding.UTF8.GetBytes(answers++ == 0 ? """<tool_call>{"name": "get_weather", "arguments": {"city": }}</tool_call>""" : "Sorry.")];
        List<string> cities = [];

        ChatResponse response = await CallAsync(Client.AsBuilder().UseFunctionInvocation().Build(), streaming: false, "What?", Tools.Offer(Tools.WeatherInto(cities)), Cancellation);

        Assert.Equal("Sorry.", response.Messages[^1].Text);
        Assert.Empty(cities);
    }

    // The middleware stops asking after some rounds, and takes the tools away in the last one.
    [Fact]
    public async Task FunctionInvocation_ModelThatAlwaysCalls_EndsAndSumsItsUsage()
    {
        Say(Call);
        List<string> cities = [];
        IChatClient client = Client.AsBuilder().UseFunctionInvocation(configure: invoking => invoking.MaximumIterationsPerRequest = 3).Build();

        ChatResponse response = await CallAsync(client, streaming: false, "What?", Tools.Offer(Tools.WeatherInto(cities)), Cancellation);

        Assert.Equal(3, cities.Count);
        Assert.Equal(4, response.Usage!.OutputTokenCount);
        Assert.DoesNotContain("</tools>", _engine.Prompts.Last(), StringComparison.Ordinal);
    }
}
