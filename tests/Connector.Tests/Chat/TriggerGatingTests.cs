using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>A model may think about calls, and write their delimiters there.</summary>
public sealed class TriggerGatingTests
{
    private const string Template = """
        {%- if tools %}{{ tools | tojson }} <tool_call>{"name": n, "arguments": a}</tool_call>{% endif -%}
        {%- for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}<assistant><think>x</think>
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetResponseAsync_DelimiterInsideReasoning_IsReasoning()
    {
        var engine = new FakeLlamaEngine();
        engine = new FakeLlamaEngine { Model = engine.Model with { ChatTemplate = Template + "!" } };
        string[] tokens = ["<think>", "I could ", "<tool_call>", "{\"name\"", "</tool_call>", " but", "</think>", " No", " need."];
        engine.OnSample = FakeLlamaEngine.Answer(tokens);
        using LlamaChatClient client = engine.CreateClient();

        ChatResponse response = await client.GetResponseAsync("What?", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "f")] }, Cancellation);

        Assert.Equal("I could <tool_call>{\"name\"</tool_call> but", string.Concat(response.Messages[0].Contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal("No need.", response.Text);
        Assert.Empty(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.NotEmpty(Assert.Single(engine.Samplers).Grammar!.Triggers);
        Assert.Equal([true, false, false, false, false, false, false, true, true, true], engine.TriggersAllowed);
    }

    [Fact]
    public async Task GetResponseAsync_CallBehindReasoning_IsACall()
    {
        var engine = new FakeLlamaEngine();
        engine = new FakeLlamaEngine { Model = engine.Model with { ChatTemplate = Template + "!" } };
        engine.OnSample = FakeLlamaEngine.Answer("<think>", "<tool_call>", "</think>", "<tool", "_call>", "{\"name\": \"f\", \"arguments\": {}}", "</tool_call>");
        using LlamaChatClient client = engine.CreateClient();

        ChatResponse response = await client.GetResponseAsync("What?", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "f")] }, Cancellation);

        Assert.Equal("f", Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>()).Name);
        Assert.Equal("<tool_call>", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Equal([true, false, false, true, true, true, true, true], engine.TriggersAllowed);
    }
}
