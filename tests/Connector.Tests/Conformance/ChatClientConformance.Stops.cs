using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    // Wherever it begins in the answer, and however it lies across tokens.
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(14)]
    public async Task GetStreamingResponseAsync_StopSequence_NeverLeaks(int length)
    {
        string whole = (await AskAsync(Question, Pebble.Greedy)).Text;
        for (int at = 0; at + length <= whole.Length; at += length)
        {
            string stop = whole.Substring(at, length);
            List<ChatResponseUpdate> updates = await ReadAsync(Question, new ChatOptions { Temperature = 0, StopSequences = [stop] });

            Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], string.Concat(updates.Select(update => update.Text)));
            Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        }
    }

    [Fact]
    public async Task GetResponseAsync_SeveralStops_EndsBeforeTheFirstThatComes()
    {
        string whole = (await AskAsync(Question, Pebble.Greedy)).Text;
        var options = new ChatOptions { Temperature = 0, StopSequences = [Code, "gate is", "north gate is"] };

        Assert.Equal(whole[..whole.IndexOf("north gate is", StringComparison.Ordinal)], (await AskAsync(Question, options)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_StopThatOnlyBegins_LosesNothing()
    {
        string whole = (await AskAsync(Question, Pebble.Greedy)).Text;
        var options = new ChatOptions { Temperature = 0, StopSequences = [whole[^3..] + "never", "gate isn't", "", null!] };

        Assert.Equal(whole, (await AskAsync(Question, options)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_LongAnswer_MeetsNoHiddenLimit()
    {
        ChatResponse response = await AskAsync("Hello.", Pebble.Wild(seed: 1, tokens: 700));

        Assert.Equal((ChatFinishReason.Length, 700), (response.FinishReason, response.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task GetResponseAsync_NoLimit_GoesOnUntilTheContextIsFull()
    {
        using LlamaChatClient client = Create(contextSize: 512);
        ChatOptions endless = Pebble.Wild(seed: 1);
        endless.MaxOutputTokens = null;

        ChatResponse response = await client.GetResponseAsync("Hello.", endless, Cancellation);

        // The last token needs no cell: nothing is decoded from it.
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(512 + 1, response.Usage!.TotalTokenCount);
    }

    [Fact]
    public async Task GetResponseAsync_PromptLongerThanTheContext_ThrowsInsteadOfCuttingIt()
    {
        using LlamaChatClient client = Create(contextSize: 256);

        PromptTooLongException e = await Assert.ThrowsAsync<PromptTooLongException>(
            () => client.GetResponseAsync($"{Pebble.Document(80)}\n\n{Question}", Pebble.Greedy, Cancellation));

        Assert.Equal(256, e.ContextSize);
        Assert.True(e.Tokens > 256);
        Assert.Contains(nameof(LlamaChatClientOptions.ContextSize), e.Message, StringComparison.Ordinal);
        Assert.Contains(Code, (await client.GetResponseAsync(Question, Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
    }
}
