using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

public class RequestSettingsTests
{
    [Fact]
    public void Of_NoOptions_IsNothing()
    {
        RequestSettings settings = Of(null);

        Assert.Empty(settings.StopSequences);
        Assert.Null(settings.Compression);
        Assert.Null(settings.SkipsUnsupportedContent);
        Assert.Null(settings.Sampler.Grammar);
    }

    [Fact]
    public void Of_RequestOptions_OverrideTheOptionsAndAddStops()
    {
        var compression = new KvCompressionOptions();
        int calls = 0;
        RequestSettings settings = Of(new ChatOptions
        {
            Temperature = 1,
            TopK = 3,
            StopSequences = ["a", "", "b"],
            RawRepresentationFactory = _ =>
            {
                calls++;
                return new LlamaRequestOptions { Temperature = 0.5f, StopSequences = ["c", ""], Compression = compression, Grammar = "root ::= \"x\"" };
            },
        });

        Assert.Equal(1, calls);
        Assert.Equal((0.5f, 3), (settings.Sampler.Temperature, settings.Sampler.TopK));
        Assert.Equal(["a", "b", "c"], settings.StopSequences);
        Assert.Same(compression, settings.Compression);
        Assert.Equal("root ::= \"x\"", settings.Sampler.Grammar!.Gbnf);
    }

    [Fact]
    public void Of_CompressionAlone_IsTaken()
    {
        var compression = new KvCompressionOptions();

        Assert.Same(compression, Of(new ChatOptions { RawRepresentationFactory = _ => compression }).Compression);
    }

    [Fact]
    public void Of_AnotherClientsOptions_AreIgnored() =>
        Assert.Equal(3, Of(new ChatOptions { TopK = 3, RawRepresentationFactory = _ => new object() }).Sampler.TopK);

    private static RequestSettings Of(ChatOptions? options)
    {
        using var engine = new FakeLlamaEngine();
        using LlamaChatClient client = engine.CreateClient();
        return RequestSettings.Of(options, client);
    }
}
