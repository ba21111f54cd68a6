using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>The contract over the small trained model, and what only a model shows.</summary>
public sealed partial class PebbleConformanceTests(PebbleFixture fixture) : ChatClientConformance(fixture.Client), IClassFixture<PebbleFixture>
{
    protected override LlamaChatClient Create(int contextSize = 2048, int batchSize = 512) => Pebble.Create(options =>
    {
        options.ContextSize = contextSize;
        options.BatchSize = batchSize;
    });

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
        Assert.True(int.TryParse(call.Arguments!["minutes"]?.ToString(), out _));
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
}
