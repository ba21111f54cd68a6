using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Usage_AddsUp(bool streaming)
    {
        UsageDetails usage = (await CallAsync(Client, streaming, Question, Pebble.Greedy, Cancellation)).Usage!;

        Assert.True(usage.InputTokenCount > 10);
        Assert.True(usage.OutputTokenCount > 5);
        Assert.Equal(usage.InputTokenCount + usage.OutputTokenCount, usage.TotalTokenCount);
        Assert.InRange(usage.CachedInputTokenCount!.Value, 0, usage.InputTokenCount!.Value);
        Assert.InRange(usage.ReasoningTokenCount ?? 0, 0, usage.OutputTokenCount!.Value);
    }

    [Fact]
    public async Task GetResponseAsync_LongerPrompt_CountsItsTokens()
    {
        long one = await InputTokensAsync("book");
        long many = await InputTokensAsync(string.Concat(Enumerable.Repeat("book ", 50)));

        Assert.InRange(many - one, 49, 300);
    }

    // What is read again may come from the cache, but it is input all the same.
    [Fact]
    public async Task GetResponseAsync_SamePromptAgain_CountsItWhole()
    {
        UsageDetails first = (await AskAsync(Question, Pebble.Greedy)).Usage!;
        UsageDetails second = (await AskAsync(Question, Pebble.Greedy)).Usage!;

        Assert.Equal((first.InputTokenCount, first.OutputTokenCount), (second.InputTokenCount, second.OutputTokenCount));
        Assert.InRange(second.CachedInputTokenCount!.Value, 0, second.InputTokenCount!.Value);
    }

    [Fact]
    public async Task GetResponseAsync_StopSequence_CountsItsTokens()
    {
        UsageDetails whole = (await AskAsync(Question, Pebble.Greedy)).Usage!;
        UsageDetails stopped = (await AskAsync(Question, new ChatOptions { Temperature = 0, StopSequences = [Code] })).Usage!;

        Assert.InRange(stopped.OutputTokenCount!.Value, 5, whole.OutputTokenCount!.Value);
        Assert.Equal(stopped.InputTokenCount + stopped.OutputTokenCount, stopped.TotalTokenCount);
    }
}
