using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.Chat;

/// <summary>Which policy cuts the cache, and for which call.</summary>
public class CompressionChoiceTests(PebbleFixture fixture) : IClassFixture<PebbleFixture>
{
    private static readonly string Document = Pebble.Document(80, Pebble.Fact("north", "4821"), Pebble.Fact("harbour", "7350"));
    private static readonly string Prompt = $"{Document}\n\n{Pebble.Question("harbour")}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LlamaChatClient Client => fixture.Client;

    [Fact]
    public async Task Auto_PromptWithItsQuestion_LooksAtTheQuestion()
    {
        using LlamaChatClient client = Pebble.Create(options => options.Compression.Ratio = 0.9);

        ChatResponse response = await client.GetResponseAsync(Prompt, Pebble.Greedy, Cancellation);

        Assert.Contains("7350", response.Text, StringComparison.Ordinal);
        IKvPolicy policy = KvPolicyCatalog.Default.Create(Compression(response).Policy);
        Assert.True(policy.QueryWindow > 0, policy.Name);
    }

    [Fact]
    public async Task Auto_Document_NeedsNoQuestion()
    {
        using LlamaChatClient client = Pebble.Create(options => options.Compression.Ratio = 0.9);
        using LlamaDocument document = await client.ReadDocumentAsync(Document, cancellationToken: Cancellation);

        Assert.Equal(0, KvPolicyCatalog.Default.Create(document.Statistics.Compression!.Policy).QueryWindow);
    }

    [Theory]
    [InlineData(KvElementType.F32, FlashAttentionMode.Off)]
    [InlineData(KvElementType.BF16, FlashAttentionMode.On)]
    [InlineData(KvElementType.Q8_0, FlashAttentionMode.On)]
    [InlineData(KvElementType.Q4_0, FlashAttentionMode.On)]
    public async Task Auto_AnyCacheType_StillAnswers(KvElementType type, FlashAttentionMode attention)
    {
        using LlamaChatClient client = Pebble.Create(options =>
        {
            (options.KeyCacheType, options.ValueCacheType, options.FlashAttention) = (type, type, attention);
            options.Compression.Ratio = 0.8;
        });

        ChatResponse response = await client.GetResponseAsync(Prompt, Pebble.Greedy, Cancellation);

        Assert.Contains("7350", response.Text, StringComparison.Ordinal);
        Assert.True(KvPolicyCatalog.Default.Create(Compression(response).Policy).QueryWindow > 0);
    }

    [Fact]
    public async Task RawRepresentationFactory_CompressionOptions_OverrideTheClients()
    {
        ChatOptions options = With(new KvCompressionOptions { Policy = "CurDKV-Norms", Cells = 123 });

        KvCompressionReport report = Compression(await Client.GetResponseAsync(Prompt, options, Cancellation));

        Assert.Equal(("curdkv-norms", 123), (report.Policy, report.CellsAfter));
    }

    [Fact]
    public void RawRepresentationFactory_BadCompressionOptions_ThrowsBeforeEnumeration()
    {
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(
            () => Client.GetStreamingResponseAsync(Prompt, With(new KvCompressionOptions { Policy = "chunk(nosuch)" }), Cancellation));

        Assert.Contains("character 7", Assert.Single(e.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RawRepresentationFactory_OnADocumentKeptWhole_CutsItToTheQuestion()
    {
        using LlamaDocument document = await Client.ReadDocumentAsync(
            Document, new LlamaDocumentOptions { Compression = new() { Policy = KvCompressionOptions.NoPolicy } }, cancellationToken: Cancellation);

        for (int round = 0; round < 2; round++)
        {
            foreach ((string gate, string code) in new[] { ("north", "4821"), ("harbour", "7350") })
            {
                ChatResponse response = await document.GetResponseAsync(Pebble.Question(gate), With(new KvCompressionOptions { Cells = 80 }), Cancellation);

                Assert.Contains(code, response.Text, StringComparison.Ordinal);
                Assert.Equal(80, Compression(response).CellsAfter);
                Assert.Equal(document.Statistics.PromptTokens, response.Usage!.CachedInputTokenCount);
            }
        }
    }

    [Fact]
    public async Task CustomPolicy_Composition_IsUsed()
    {
        var policy = new ChunkKv(new PolicySum(new SnapKv(window: 16, pool: 21), new CurDkv()), size: 10);

        KvCompressionReport report = Compression(await Client.GetResponseAsync(Prompt, With(new KvCompressionOptions { CustomPolicy = policy, Cells = 100 }), Cancellation));

        Assert.Equal("chunk(snapkv(window=16,pool=21)+curdkv,size=10)", report.Policy);
    }

    [Fact]
    public async Task Mass_HigherShare_KeepsMoreCells()
    {
        int[] cells = new int[3];
        double[] masses = [0.2, 0.4, 0.6];
        for (int i = 0; i < masses.Length; i++)
        {
            ChatOptions options = With(new KvCompressionOptions { Policy = "adaptive(curdkv)", Mass = masses[i] });
            cells[i] = Compression(await Client.GetResponseAsync(Prompt, options, Cancellation)).CellsAfter;
        }

        Assert.Equal(cells.Distinct().Order(), cells);
    }

    [Fact]
    public async Task MeasureLoss_FewerCells_LosesMore()
    {
        double[] losses = new double[2];
        foreach ((int i, double ratio) in new[] { (0, 0.5), (1, 0.95) })
        {
            ChatOptions options = With(new KvCompressionOptions { Policy = "curdkv", Ratio = ratio, MeasureLoss = true });
            losses[i] = Compression(await Client.GetResponseAsync(Prompt, options, Cancellation)).Loss!.MeanOutputError;
        }

        Assert.True(losses[1] > losses[0] && losses[0] > 0, $"{losses[0]} and {losses[1]}");
        Assert.Null(Compression(await Client.GetResponseAsync(Prompt, With(new KvCompressionOptions()), Cancellation)).Loss);
    }

    private static ChatOptions With(KvCompressionOptions compression) => new() { Temperature = 0, RawRepresentationFactory = _ => compression };

    private static KvCompressionReport Compression(ChatResponse response) => Assert.IsType<GenerationStatistics>(response.RawRepresentation).Compression!;
}
