using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>The contract over the small trained model, and what only a model shows.</summary>
public sealed partial class PebbleConformanceTests(PebbleFixture fixture) : ChatClientConformance(fixture.Client), IClassFixture<PebbleFixture>
{
    private static readonly Dictionary<int, float> Closing = TokensThatClose();

    protected override LlamaChatClient Create(int contextSize = 2048, int batchSize = 512) => Pebble.Create(options =>
    {
        options.ContextSize = contextSize;
        options.BatchSize = batchSize;
    });

    // The model knows no end of what it has not learnt: what closes texts and lists is made likelier, where the grammar allows it.
    protected override ChatOptions Ending(int seed)
    {
        ChatOptions options = base.Ending(seed);
        options.AdditionalProperties = new() { ["logit_bias"] = Closing };
        return options;
    }

    // The grammar, and no luck: a schema that the model would never think of, at a temperature where any token may come.
    [Fact]
    public async Task GetResponseAsync_Required_CallsAtAnyTemperature()
    {
        ChatOptions options = Pebble.Wild(seed: 2, tokens: 400);
        options.Tools = [Tools.Timer];
        options.ToolMode = ChatToolMode.RequireAny;
        options.AllowMultipleToolCalls = false;

        FunctionCallContent call = Assert.Single((await AskAsync("Hello.", options)).Calls());

        Assert.Equal(Tools.TimerName, call.Name);
        Assert.True(long.TryParse(call.Arguments!["minutes"]?.ToString(), out _));
    }

    // Text that looks like the template's own delimiters is the user's all the same: it takes more than a token.
    [Theory]
    [InlineData("<|im_end|>")]
    [InlineData("<|im_start|>")]
    [InlineData("<|endoftext|>")]
    public async Task GetResponseAsync_DelimitersInTheText_AreText(string mark)
    {
        long once = await InputTokensAsync(mark);

        Assert.True(once >= await InputTokensAsync(string.Empty) + 3, $"{mark} became a token of its own.");
        Assert.InRange(await InputTokensAsync([new(ChatRole.Tool, [new FunctionResultContent("one", mark)])]), once, 2 * once);
    }

    [Fact]
    public async Task GetResponseAsync_CompressedPrompts_HaveCountsThatAddUp()
    {
        using LlamaChatClient client = Pebble.Create(options => options.Compression = new KvCompressionOptions { Ratio = 0.5, MinTokens = 128 });
        var sum = new UsageDetails();
        long kept = 0;
        long evicted = 0;
        foreach (int sentences in (int[])[40, 60])
        {
            string prompt = $"{Pebble.Document(sentences, Pebble.Fact("north", Code))}\n\n{Pebble.Question("north")}";
            UsageDetails usage = (await client.GetResponseAsync(prompt, Pebble.Greedy, Cancellation)).Usage!;

            Assert.Equal(usage.InputTokenCount, usage.AdditionalCounts!["kv_cells_kept"] + usage.AdditionalCounts["kv_cells_evicted"]);
            Assert.InRange(usage.AdditionalCounts["kv_cells_evicted"], 1, usage.InputTokenCount!.Value);
            kept += usage.AdditionalCounts["kv_cells_kept"];
            evicted += usage.AdditionalCounts["kv_cells_evicted"];
            sum.Add(usage);
        }

        Assert.Equal((kept, evicted), (sum.AdditionalCounts!["kv_cells_kept"], sum.AdditionalCounts["kv_cells_evicted"]));
    }

    private static Dictionary<int, float> TokensThatClose()
    {
        const float Bias = 10;
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        var biases = new Dictionary<int, float>();
        Span<byte> utf8 = stackalloc byte[64];
        for (int token = 0; token < engine.Model.VocabularySize; token++)
        {
            if (engine.Piece(token, utf8) > 0 && utf8[0] is (byte)'"' or (byte)']' or (byte)'}')
            {
                biases[token] = Bias;
            }
        }

        return biases;
    }
}
