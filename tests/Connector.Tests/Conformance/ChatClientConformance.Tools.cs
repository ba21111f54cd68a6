using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    /// <summary>Prompts of which most ask for no tool.</summary>
    public static TheoryData<string> Prompts => [Tools.WeatherQuestion, Question, "Hello.", "Set a timer for 5 minutes.", "List three fruits."];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_ToolAsked_CallsIt(bool streaming)
    {
        ChatResponse response = await CallAsync(Client, streaming, Tools.WeatherQuestion, Tools.Offer(Tools.Weather), Cancellation);

        FunctionCallContent call = Assert.Single(response.Calls());
        Assert.Equal(Tools.WeatherName, call.Name);
        Assert.Equal("Paris", Assert.Single(call.Arguments!).Value?.ToString());
        Assert.Null(call.Exception);
        Assert.NotEmpty(call.CallId);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Empty(response.Text);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_ToolAsked_GivesTheCallWhole()
    {
        List<ChatResponseUpdate> updates = await ReadAsync(Tools.WeatherQuestion, Tools.Offer(Tools.Weather));

        FunctionCallContent call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal("Paris", call.Arguments!["city"]?.ToString());
        Assert.All(updates, update => Assert.Empty(update.Text));
        Assert.All(updates, update => Assert.Equal(updates[0].MessageId, update.MessageId));
        Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
    }

    [Fact]
    public async Task GetResponseAsync_TwoCalls_HaveIdsOfTheirOwn()
    {
        ChatResponse first = await AskAsync(Tools.WeatherQuestion, Tools.Offer(Tools.Weather));
        ChatResponse second = await AskAsync(Tools.WeatherQuestion, Tools.Offer(Tools.Weather));

        Assert.NotEqual(Assert.Single(first.Calls()).CallId, Assert.Single(second.Calls()).CallId);
    }

    [Fact]
    public async Task GetResponseAsync_ToolNotAsked_AnswersByText()
    {
        ChatResponse response = await AskAsync(Question, Tools.Offer(Tools.Weather));

        Assert.Empty(response.Calls());
        Assert.Contains(Code, response.Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task GetResponseAsync_ToolModeAuto_IsTheDefault()
    {
        ChatOptions options = Tools.Offer(Tools.Weather);
        options.ToolMode = ChatToolMode.Auto;

        Assert.Equal(await InputTokensAsync(Question, Tools.Offer(Tools.Weather)), await InputTokensAsync(Question, options));
        Assert.Single((await AskAsync(Tools.WeatherQuestion, options)).Calls());
        Assert.Empty((await AskAsync(Question, options)).Calls());
    }

    [Fact]
    public async Task GetResponseAsync_ToolModeNone_HidesTheTools()
    {
        ChatOptions options = Tools.Offer(Tools.Weather);
        options.ToolMode = ChatToolMode.None;

        Assert.Equal(await InputTokensAsync(Tools.WeatherQuestion), await InputTokensAsync(Tools.WeatherQuestion, options));
        Assert.Empty((await AskAsync(Tools.WeatherQuestion, options)).Calls());
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public async Task Call_RequireAny_AlwaysCalls(string prompt)
    {
        for (int seed = 1; seed <= 4; seed++)
        {
            var options = new ChatOptions { Temperature = 1, Seed = seed, Tools = [Tools.Weather, Tools.Timer], ToolMode = ChatToolMode.RequireAny };
            ChatResponse response = await CallAsync(Client, streaming: seed % 2 == 0, prompt, options, Cancellation);

            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
            Assert.NotEmpty(response.Calls());
            Assert.All(response.Calls(), AssertObeys);
            Assert.Empty(response.Text);
            Assert.Equal(response.Calls().Count, response.Calls().Select(call => call.CallId).Distinct().Count());
        }
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public async Task Call_RequireSpecific_AlwaysCallsThatTool(string prompt)
    {
        foreach (string tool in (string[])[Tools.WeatherName, Tools.TimerName])
        {
            var options = new ChatOptions { Temperature = 1, Seed = 7, Tools = [Tools.Weather, Tools.Timer], ToolMode = ChatToolMode.RequireSpecific(tool) };
            ChatResponse response = await AskAsync(prompt, options);

            Assert.NotEmpty(response.Calls());
            Assert.All(response.Calls(), call => Assert.Equal(tool, call.Name));
            Assert.All(response.Calls(), AssertObeys);
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        }
    }

    [Fact]
    public async Task Call_NoMultipleCalls_CallsOnce()
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            var options = new ChatOptions { Temperature = 1, Seed = seed, Tools = [Tools.Weather, Tools.Timer], ToolMode = ChatToolMode.RequireAny, AllowMultipleToolCalls = false };

            Assert.Single((await AskAsync(Tools.WeatherQuestion, options)).Calls());
        }
    }

    // As plug-ins of agents call themselves.
    [Theory]
    [InlineData("Clock_GetTime")]
    [InlineData("get-time.v2")]
    [InlineData("größe")]
    public async Task Call_NameOfATool_ComesBackAsItIs(string name)
    {
        ChatOptions options = Tools.Offer(AIFunctionFactory.Create(() => "12:00", name, "Get the current time."));
        options.ToolMode = ChatToolMode.RequireAny;
        options.AllowMultipleToolCalls = false;

        FunctionCallContent call = Assert.Single((await AskAsync("What time is it?", options)).Calls());

        Assert.Equal(name, call.Name);
        Assert.Empty(call.Arguments ?? new Dictionary<string, object?>());
    }

    [Fact]
    public async Task Call_RequiredWithoutTools_Throws()
    {
        foreach (ChatToolMode mode in (ChatToolMode[])[ChatToolMode.RequireAny, ChatToolMode.RequireSpecific("nothing")])
        {
            ArgumentException e = await Assert.ThrowsAnyAsync<ArgumentException>(() => AskAsync(Question, new ChatOptions { ToolMode = mode }));

            Assert.Contains(nameof(ChatOptions.Tools), e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Call_RequiredToolThatIsMissing_Throws()
    {
        ChatOptions options = Tools.Offer(Tools.Weather);
        options.ToolMode = ChatToolMode.RequireSpecific("nothing");

        ArgumentException e = await Assert.ThrowsAnyAsync<ArgumentException>(() => AskAsync(Question, options));

        Assert.Contains("nothing", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_DeclarationOnly_IsOfferedAsWell()
    {
        ChatOptions options = Tools.Offer(Tools.Weather.AsDeclarationOnly());

        Assert.Equal(await InputTokensAsync(Question, Tools.Offer(Tools.Weather)), await InputTokensAsync(Question, options));
        Assert.Equal(Tools.WeatherName, Assert.Single((await AskAsync(Tools.WeatherQuestion, options)).Calls()).Name);
    }

    [Fact]
    public async Task GetResponseAsync_UnknownTools_AreSkipped()
    {
        AITool[] unknown = [new UnknownTool(), new HostedWebSearchTool(), new HostedCodeInterpreterTool()];

        Assert.Equal(await InputTokensAsync(Question), await InputTokensAsync(Question, Tools.Offer(unknown)));
        Assert.Equal(await InputTokensAsync(Question, Tools.Offer(Tools.Weather)), await InputTokensAsync(Question, Tools.Offer([.. unknown, Tools.Weather])));
        Assert.Contains(Code, (await AskAsync(Question, Tools.Offer(unknown))).Text, StringComparison.Ordinal);
    }

    private static void AssertObeys(FunctionCallContent call)
    {
        Assert.Null(call.Exception);
        KeyValuePair<string, object?> argument = Assert.Single(call.Arguments!);
        Assert.Equal(call.Name == Tools.WeatherName ? "city" : "minutes", argument.Key);
        Assert.True(call.Name == Tools.WeatherName || int.TryParse(argument.Value?.ToString(), out _), $"{argument.Value} is no whole number.");
    }
}
