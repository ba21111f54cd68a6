using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public sealed partial class FakeEngineConformanceTests
{
    [Fact]
    public async Task GetResponseAsync_Messages_AreWrittenByTheModelsTemplate()
    {
        ChatMessage[] messages = [new(ChatRole.System, "Be kind."), new(ChatRole.User, "One?"), new(ChatRole.Assistant, "Two."), new(ChatRole.User, "Three?")];

        Assert.Equal(
            "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nOne?<|im_end|>\n<|im_start|>assistant\nTwo.<|im_end|>\n<|im_start|>user\nThree?<|im_end|>\n<|im_start|>assistant\n",
            await PromptAsync(messages));
    }

    [Fact]
    public async Task GetResponseAsync_Instructions_GoBeforeTheSystemMessage()
    {
        string prompt = await PromptAsync([new(ChatRole.System, "Be kind."), new(ChatRole.User, "One?")], new ChatOptions { Instructions = "Be brief." });

        Assert.StartsWith("<|im_start|>system\nBe brief.", prompt, StringComparison.Ordinal);
        Assert.InRange(prompt.IndexOf("Be kind.", StringComparison.Ordinal), 1, prompt.IndexOf("One?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task GetResponseAsync_ToolResultOfText_IsThereVerbatim()
    {
        string prompt = await PromptAsync(WithResult("""21 degrees, "sunny" & dry <é>"""), Tools.Offer(Tools.Weather));

        Assert.Contains("<tool_response>\n21 degrees, \"sunny\" & dry <é>\n</tool_response>", prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_ToolResultOfJsonText_IsThereVerbatim()
    {
        string prompt = await PromptAsync(WithResult(JsonElement.Parse("\"21 degrees\"")), Tools.Offer(Tools.Weather));

        Assert.Contains("<tool_response>\n21 degrees\n</tool_response>", prompt, StringComparison.Ordinal);
    }

    public static TheoryData<object?, string> Results => new()
    {
        { new Dictionary<string, object?> { ["temperature"] = 21, ["sky"] = "blé" }, """{"temperature":21,"sky":"blé"}""" },
        { JsonElement.Parse("""{"temperature": [21, 22]}"""), """{"temperature":[21,22]}""" },
        { 21.5, "21.5" },
        { true, "true" },
        { new List<string> { "a", "b" }, """["a","b"]""" },
    };

    [Theory]
    [MemberData(nameof(Results), DisableDiscoveryEnumeration = true)]
    public async Task GetResponseAsync_ToolResultOfValues_IsSerialised(object? result, string json)
    {
        string prompt = await PromptAsync(WithResult(result), Tools.Offer(Tools.Weather));

        string written = prompt.Split("<tool_response>\n")[1].Split("\n</tool_response>")[0];
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(json), JsonElement.Parse(written)), written);
    }

    [Fact]
    public async Task GetResponseAsync_ToolResultOfNothing_IsEmptyOrTheError()
    {
        Assert.Contains("<tool_response>\n\n</tool_response>", await PromptAsync(WithResult(null), Tools.Offer(Tools.Weather)), StringComparison.Ordinal);
        ChatMessage[] failed = WithResult(null);
        ((FunctionResultContent)failed[^1].Contents[0]).Exception = new InvalidOperationException("No such city.");

        Assert.Contains("No such city.", await PromptAsync(failed, Tools.Offer(Tools.Weather)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_CallsOfTheHistory_AreThereWithTheirArguments()
    {
        string prompt = await PromptAsync(WithResult("21"), Tools.Offer(Tools.Weather));

        string call = prompt.Split("<|im_start|>assistant\n")[1].Split("<|im_end|>")[0];
        JsonElement json = JsonElement.Parse(call.Replace("<tool_call>", string.Empty, StringComparison.Ordinal).Replace("</tool_call>", string.Empty, StringComparison.Ordinal)
            .Replace("<think>\n\n</think>", string.Empty, StringComparison.Ordinal));
        Assert.Equal(Tools.WeatherName, json.GetProperty("name").GetString());
        Assert.Equal("Paris", json.GetProperty("arguments").GetProperty("city").GetString());
    }

    [Fact]
    public async Task GetResponseAsync_SeveralResultsInAMessage_AreAllThere()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.User, "What?"),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "a"), new FunctionCallContent("2", "b")]),
            new(ChatRole.Tool, [new FunctionResultContent("1", "first"), new FunctionResultContent("2", "second")]),
        ];

        string prompt = await PromptAsync(messages, Tools.Offer(Tools.Weather));

        Assert.Contains("<tool_response>\nfirst\n</tool_response>", prompt, StringComparison.Ordinal);
        Assert.Contains("<tool_response>\nsecond\n</tool_response>", prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_Tools_AreAdvertisedWithTheirSchemas()
    {
        string prompt = await PromptAsync("What?", Tools.Offer(Tools.Weather, new UnknownTool(), Tools.Timer.AsDeclarationOnly()));

        JsonElement[] tools = [.. prompt.Split("<tools>\n")[1].Split("\n</tools>")[0].Split('\n').Select(line => JsonElement.Parse(line).GetProperty("function"))];
        Assert.Equal([Tools.WeatherName, Tools.TimerName], tools.Select(tool => tool.GetProperty("name").GetString()));
        Assert.Equal("Get the current weather.", tools[0].GetProperty("description").GetString());
        Assert.Equal("string", tools[0].GetProperty("parameters").GetProperty("properties").GetProperty("city").GetProperty("type").GetString());
        Assert.Equal("integer", tools[1].GetProperty("parameters").GetProperty("properties").GetProperty("minutes").GetProperty("type").GetString());
    }

    [Fact]
    public async Task GetResponseAsync_SchemaOfTheAnswer_IsInThePrompt()
    {
        string prompt = await PromptAsync("What?", new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema<Address>(schemaName: "place", schemaDescription: "Where to go.") });

        Assert.All(["What?", "\"street\"", "\"number\"", "\"integer\"", "place", "Where to go."], part => Assert.Contains(part, prompt, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ReasoningEffort.None, true)]
    [InlineData(ReasoningEffort.High, false)]
    public async Task GetResponseAsync_ReasoningEffort_ReachesTheTemplate(ReasoningEffort effort, bool isOver)
    {
        string prompt = await PromptAsync("What?", new ChatOptions { Reasoning = new ReasoningOptions { Effort = effort } });

        Assert.Equal(isOver, prompt.EndsWith("<think>\n\n</think>\n\n", StringComparison.Ordinal));
    }

    private static ChatMessage[] WithResult(object? result) =>
    [
        new(ChatRole.User, Tools.WeatherQuestion),
        new(ChatRole.Assistant, [new FunctionCallContent("one", Tools.WeatherName, new Dictionary<string, object?> { ["city"] = "Paris" })]),
        new(ChatRole.Tool, [new FunctionResultContent("one", result)]),
    ];
}
