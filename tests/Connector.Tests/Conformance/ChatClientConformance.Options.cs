using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    [Fact]
    public async Task GetResponseAsync_NoOptions_AreNotGreedy()
    {
        // The likeliest answer is much likelier than the others: twenty equal draws do happen.
        HashSet<string> answers = [];
        for (int i = 0; i < 200 && answers.Count < 2; i++)
        {
            answers.Add((await AskAsync("List three fruits.")).Text);
        }

        Assert.Equal(2, answers.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Seed_IsRepeatable(bool streaming)
    {
        string first = (await CallAsync(Client, streaming, "Hello.", Pebble.Wild(seed: 3), Cancellation)).Text;

        Assert.Equal(first, (await CallAsync(Client, !streaming, "Hello.", Pebble.Wild(seed: 3), Cancellation)).Text);
        Assert.NotEqual(first, (await CallAsync(Client, streaming, "Hello.", Pebble.Wild(seed: 4), Cancellation)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_NoSeed_DiffersFromCallToCall()
    {
        string first = (await AskAsync("Hello.", Pebble.Wild())).Text;

        Assert.NotEqual(first, (await AskAsync("Hello.", Pebble.Wild())).Text);
    }

    [Fact]
    public async Task GetResponseAsync_TemperatureZero_TakesTheLikeliestTokenWhateverTheSeed()
    {
        string first = (await AskAsync("List three fruits.", new ChatOptions { Temperature = 0, Seed = 1 })).Text;

        Assert.Equal(first, (await AskAsync("List three fruits.", new ChatOptions { Temperature = 0, Seed = 2 })).Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Call_MaxOutputTokensBelowOne_ThrowsBeforeEnumeration(int tokens)
    {
        var options = new ChatOptions { MaxOutputTokens = tokens };

        ArgumentException e = Assert.ThrowsAny<ArgumentException>(() => { _ = Client.GetStreamingResponseAsync("Hello.", options, Cancellation); });

        Assert.Contains(nameof(ChatOptions.MaxOutputTokens), e.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => { _ = Client.GetResponseAsync("Hello.", options, Cancellation); });
    }

    [Fact]
    public async Task GetResponseAsync_UnknownAdditionalProperties_AreIgnored()
    {
        ChatOptions options = Pebble.Wild(seed: 5);
        string expected = (await AskAsync("Hello.", options)).Text;
        options.AdditionalProperties!["num_ctx"] = 3;
        options.AdditionalProperties["strict"] = true;
        options.AdditionalProperties["object"] = new object();
        options.AdditionalProperties["nothing"] = null;

        Assert.Equal(expected, (await AskAsync("Hello.", options)).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_RawRepresentationFactory_IsAskedOnceByTheClient(bool streaming)
    {
        List<IChatClient> asked = [];
        ChatOptions options = Pebble.Greedy;
        options.RawRepresentationFactory = client =>
        {
            asked.Add(client);
            return null;
        };

        await CallAsync(Client, streaming, Question, options, Cancellation);

        Assert.Same(Client, Assert.Single(asked));
    }

    [Fact]
    public async Task GetResponseAsync_RawOptions_WinOverTheOptions()
    {
        ChatOptions options = Pebble.Wild(seed: 4);
        options.RawRepresentationFactory = _ => new LlamaRequestOptions { Seed = 3 };

        Assert.Equal((await AskAsync("Hello.", Pebble.Wild(seed: 3))).Text, (await AskAsync("Hello.", options)).Text);
    }

    [Theory]
    [InlineData("north", "gate")]
    [InlineData("gate", "north")]
    public async Task GetResponseAsync_RawStops_AreAddedToTheOptions(string ofOptions, string raw)
    {
        ChatOptions options = Pebble.Greedy;
        options.StopSequences = [ofOptions];
        options.RawRepresentationFactory = _ => new LlamaRequestOptions { StopSequences = [raw] };
        string whole = (await AskAsync(Question, Pebble.Greedy)).Text;

        Assert.Equal(whole[..whole.IndexOf("north", StringComparison.Ordinal)], (await AskAsync(Question, options)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_RawOptionsOfAnotherClient_AreIgnored()
    {
        ChatOptions options = Pebble.Wild(seed: 3);
        options.RawRepresentationFactory = _ => new Uri("https://example.org");

        Assert.Equal((await AskAsync("Hello.", Pebble.Wild(seed: 3))).Text, (await AskAsync("Hello.", options)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_ModelId_NamesWhatAnswers()
    {
        var options = new ChatOptions { Temperature = 0, ModelId = Client.GetService<ChatClientMetadata>()!.DefaultModelId };

        ChatResponse response = await AskAsync(Question, options);

        Assert.Equal(Client.GetService<ChatClientMetadata>()!.DefaultModelId, response.ModelId);
    }

    // Of what a local model does not have, nothing is demanded.
    [Fact]
    public async Task GetResponseAsync_EveryOptionSet_Answers()
    {
        var options = new ChatOptions
        {
            Temperature = 0.1f,
            TopK = 5,
            TopP = 0.5f,
            Seed = 1,
            FrequencyPenalty = 0.1f,
            PresencePenalty = 0.1f,
            MaxOutputTokens = 100,
            StopSequences = ["STOP"],
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low, Output = ReasoningOutput.Full },
            AllowMultipleToolCalls = true,
            Tools = [],
            ToolMode = ChatToolMode.Auto,
            ResponseFormat = ChatResponseFormat.Text,
            Instructions = "Answer briefly.",
            AdditionalProperties = new() { ["min_p"] = 0.01, ["repeat_penalty"] = 1.01 },
        };

        Assert.NotEmpty((await AskAsync(Question, options)).Text);
    }
}
