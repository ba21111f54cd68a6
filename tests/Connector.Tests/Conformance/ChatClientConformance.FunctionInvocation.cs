using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    // Not disposed: it would dispose the shared client.
    private IChatClient Invoking => Client.AsBuilder().UseFunctionInvocation().Build();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FunctionInvocation_ToolAsked_EndsInASentenceWithItsResult(bool streaming)
    {
        List<string> cities = [];

        ChatResponse response = await CallAsync(Invoking, streaming, Tools.WeatherQuestion, Tools.Offer(Tools.WeatherInto(cities)), Cancellation);

        Assert.Equal(["Paris"], cities);
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], response.Messages.Select(message => message.Role));
        Assert.Contains($"{Tools.Temperature}", response.Messages[^1].Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        FunctionResultContent result = Assert.Single(response.Messages[1].Contents.OfType<FunctionResultContent>());
        Assert.Equal(Assert.Single(response.Calls()).CallId, result.CallId);
    }

    [Fact]
    public async Task FunctionInvocation_Usage_IsTheSumOfBothAnswers()
    {
        ChatOptions options = Tools.Offer(Tools.Weather);
        ChatResponse whole = await CallAsync(Invoking, streaming: false, Tools.WeatherQuestion, options, Cancellation);
        ChatResponse streamed = await CallAsync(Invoking, streaming: true, Tools.WeatherQuestion, options, Cancellation);
        ChatResponse first = await AskAsync(Tools.WeatherQuestion, options);

        Assert.Equal(whole.Usage!.InputTokenCount + whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount);
        Assert.Equal(whole.Usage.TotalTokenCount, streamed.Usage!.TotalTokenCount);
        Assert.True(whole.Usage.InputTokenCount > 2 * first.Usage!.InputTokenCount);
        Assert.True(whole.Usage.OutputTokenCount > first.Usage.OutputTokenCount);
    }

    // After the first call the mode is null, so that the second answer may be a sentence.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FunctionInvocation_Required_CallsOnceAndAnswers(bool streaming)
    {
        List<string> cities = [];
        ChatOptions options = Tools.Offer(Tools.WeatherInto(cities));
        options.ToolMode = ChatToolMode.RequireSpecific(Tools.WeatherName);
        options.AllowMultipleToolCalls = false;

        ChatResponse response = await CallAsync(Invoking, streaming, Tools.WeatherQuestion, options, Cancellation);

        Assert.Single(cities);
        Assert.Contains($"{Tools.Temperature}", response.Messages[^1].Text, StringComparison.Ordinal);
    }

    // Arguments of every kind bind to the function's parameters: the grammar keeps to its schema.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task FunctionInvocation_ManyParameters_Bind(int seed)
    {
        List<string> bound = [];
        ChatOptions options = Ending(seed);
        options.Tools = [AIFunctionFactory.Create(
            (Colour colour, [Range(1, 9)] int count, bool now, Address home, [MaxLength(2)] Colour[] others, double? weight = null) =>
                bound.Add($"{colour} {count} {now} {home} {others.Length} {weight}"),
            "order_paint")];
        options.ToolMode = ChatToolMode.RequireSpecific("order_paint");
        options.AllowMultipleToolCalls = false;
        IChatClient client = Client.AsBuilder().UseFunctionInvocation(configure: invoking => invoking.MaximumIterationsPerRequest = 1).Build();

        ChatResponse response = await CallAsync(client, streaming: seed % 2 == 0, "Order paint.", options, Cancellation);

        Assert.Single(bound);
        Assert.Null(Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>()).Exception);
    }

    [Fact]
    public async Task FunctionInvocation_Form_IsWhatItEndsIn()
    {
        List<string> cities = [];
        ChatOptions options = Ending(seed: 1);
        options.Tools = [Tools.WeatherInto(cities)];
        IChatClient client = Client.AsBuilder().UseFunctionInvocation(configure: invoking => invoking.MaximumIterationsPerRequest = 2).Build();

        ChatResponse<Address> response = await client.GetResponseAsync<Address>(Tools.WeatherQuestion, options, cancellationToken: Cancellation);

        Assert.True(response.TryGetResult(out Address? address), response.Text);
        Assert.NotNull(address.Street);
        Assert.InRange(cities.Count, 0, 20);
    }

    [Fact]
    public async Task FunctionInvocation_ToolNotAsked_IsAnOrdinaryAnswer()
    {
        List<string> cities = [];

        ChatResponse response = await CallAsync(Invoking, streaming: true, Question, Tools.Offer(Tools.WeatherInto(cities)), Cancellation);

        Assert.Empty(cities);
        Assert.Contains(Code, response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FunctionInvocation_DeclarationOnly_HandsTheCallToTheCaller()
    {
        ChatResponse response = await CallAsync(Invoking, streaming: false, Tools.WeatherQuestion, Tools.Offer(Tools.Weather.AsDeclarationOnly()), Cancellation);

        Assert.Single(response.Calls());
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    // The whole of it as a caller does it by hand, with the message as it came.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_ResultSentBack_IsAnswered(bool streaming)
    {
        ChatOptions options = Tools.Offer(Tools.Weather);
        List<ChatMessage> messages = [new(ChatRole.User, Tools.WeatherQuestion)];
        ChatResponse called = await CallAsync(Client, streaming, messages, options, Cancellation);
        messages.AddMessages(called);
        messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(Assert.Single(called.Calls()).CallId, """{"temperature": 21, "condition": "sunny"}""")]));

        ChatResponse answer = await CallAsync(Client, streaming, messages, options, Cancellation);

        Assert.Empty(answer.Calls());
        Assert.Contains("21", answer.Text, StringComparison.Ordinal);
    }

    // A call and its result may come from another client, whose ids look otherwise.
    [Fact]
    public async Task Call_HistoryOfAnotherClient_IsAnswered()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.User, Tools.WeatherQuestion),
            new(ChatRole.Assistant, [new FunctionCallContent("toolu_01A09q90qw90lq917835lq9", Tools.WeatherName, new Dictionary<string, object?> { ["city"] = "Paris" })]),
            new(ChatRole.Tool, [new FunctionResultContent("toolu_01A09q90qw90lq917835lq9", new Dictionary<string, object?> { ["temperature"] = 21 })]),
        ];

        ChatResponse response = await Client.GetResponseAsync(messages, Tools.Offer(Tools.Weather), Cancellation);

        Assert.Contains("21", response.Text, StringComparison.Ordinal);
    }
}
