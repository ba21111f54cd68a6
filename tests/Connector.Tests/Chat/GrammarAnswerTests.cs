using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

public sealed class GrammarAnswerTests(PebbleFixture fixture) : IClassFixture<PebbleFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public async Task GetResponseAsync_Grammar_AnswersWithinItAndStops(float temperature)
    {
        ChatResponse response = await fixture.Client.GetResponseAsync(
            Pebble.Prompt("north", "4821"), With("root ::= \"code \" [0-9]{4} (\" \" [A-Z]{1,8})?", temperature), Cancellation);

        Assert.Matches("^code [0-9]{4}( [A-Z]{1,8})?$", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    // What the model would say anyway is said under a grammar as well: a draw that fits is left alone.
    [Fact]
    public async Task GetResponseAsync_GrammarOfTheSameForm_AnswersTheSame()
    {
        string free = (await fixture.Client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation)).Text;

        Assert.Equal(free, (await fixture.Client.GetResponseAsync(Pebble.Prompt("north", "4821"), With("root ::= [ -~]*", 0), Cancellation)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_BadGrammar_ThrowsBeforeItReadsAndGoesOn()
    {
        LlamaGrammarException e = await Assert.ThrowsAsync<LlamaGrammarException>(
            () => fixture.Client.GetResponseAsync("Hello.", With("root ::= (", 0), Cancellation));

        Assert.Contains("failed to parse grammar", e.Message, StringComparison.Ordinal);
        Assert.NotEmpty((await fixture.Client.GetResponseAsync("Hello.", new ChatOptions { MaxOutputTokens = 2 }, Cancellation)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_BiasOfNoToken_NamesTheSetting()
    {
        var options = new ChatOptions { AdditionalProperties = new() { ["logit_bias"] = """{ "99999999": 1 }""" } };

        Assert.Equal("logit_bias", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => fixture.Client.GetResponseAsync("Hello.", options, Cancellation))).ParamName);
    }

    // A penalty that counts the prompt: the code stands in it, and must not be repeated digit by digit.
    [Fact]
    public async Task GetResponseAsync_PresencePenalty_CountsThePrompt()
    {
        ChatOptions options = Pebble.Greedy;
        (options.PresencePenalty, options.MaxOutputTokens) = (100, 20);
        options.AdditionalProperties = new() { ["repeat_last_n"] = -1 };

        Assert.Contains("4821", (await fixture.Client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("4821", (await fixture.Client.GetResponseAsync(Pebble.Prompt("north", "4821"), options, Cancellation)).Text, StringComparison.Ordinal);
    }

    private static ChatOptions With(string gbnf, float temperature) =>
        new() { Temperature = temperature, Seed = 3, MaxOutputTokens = 40, AdditionalProperties = new() { ["grammar"] = gbnf } };
}
