using System.Text.Json;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public sealed partial class FakeEngineConformanceTests
{
    /// <summary>Options, and whether they reach the sampler.</summary>
    internal static Dictionary<string, (ChatOptions Options, Func<SamplerSettings, bool> IsTold)> Mapped { get; } = new()
    {
        ["Temperature"] = (new() { Temperature = 0.3f }, settings => settings.Temperature == 0.3f),
        ["TopP"] = (new() { TopP = 0.4f }, settings => settings.TopP == 0.4f),
        ["TopK"] = (new() { TopK = 7 }, settings => settings.TopK == 7),
        ["Seed"] = (new() { Seed = 12 }, settings => settings.Seed == 12),
        ["FrequencyPenalty"] = (new() { FrequencyPenalty = 0.5f }, settings => settings.FrequencyPenalty == 0.5f),
        ["PresencePenalty"] = (new() { PresencePenalty = -0.5f }, settings => settings.PresencePenalty == -0.5f),
        ["min_p"] = (With("min_p", 0.2), settings => settings.MinP == 0.2f),
        ["typical_p"] = (With("typical_p", 0.9f), settings => settings.TypicalP == 0.9f),
        ["repeat_penalty"] = (With("repeat_penalty", JsonElement.Parse("1.1")), settings => settings.RepeatPenalty == 1.1f),
        ["repeat_last_n"] = (With("repeat_last_n", "32"), settings => settings.RepeatLastN == 32),
        ["top_n_sigma"] = (With("top_n_sigma", 1), settings => settings.TopNSigma == 1),
        ["grammar"] = (With("grammar", "root ::= \"a\""), settings => settings.Grammar?.Gbnf == "root ::= \"a\""),
        ["Tools"] = (Tools.Offer(Tools.Weather), settings => settings.Grammar is { Triggers.Count: > 0 }),
        ["Required"] = (new() { Tools = [Tools.Weather], ToolMode = ChatToolMode.RequireAny }, settings => settings.Grammar is { Triggers.Count: 0 }),
        ["None"] = (new() { Tools = [Tools.Weather], ToolMode = ChatToolMode.None }, settings => settings.Grammar is null),
        ["ResponseFormat"] = (new() { ResponseFormat = ChatResponseFormat.ForJsonSchema<Address>() }, settings => settings.Grammar is { Triggers.Count: 0 }),
        ["Raw"] = (new() { Temperature = 0.3f, TopK = 7, RawRepresentationFactory = _ => new LlamaRequestOptions { Temperature = 0.6f } }, settings => settings is { Temperature: 0.6f, TopK: 7 }),
    };

    public static TheoryData<string> MappedNames => [.. Mapped.Keys];

    [Theory]
    [MemberData(nameof(MappedNames))]
    public async Task GetResponseAsync_Option_ReachesTheSampler(string name)
    {
        (ChatOptions options, Func<SamplerSettings, bool> isTold) = Mapped[name];
        await AskAsync("What?");
        await AskAsync("What?", options);

        SamplerSettings[] settings = [.. _engine.Samplers];
        Assert.Equal(name != "None", !isTold(settings[0]));
        Assert.True(isTold(settings[1]), $"{settings[1]}");
    }

    [Fact]
    public async Task GetResponseAsync_NoOptions_DrawsWithASeedOfItsOwn()
    {
        await AskAsync("What?");
        await AskAsync("What?");

        SamplerSettings[] settings = [.. _engine.Samplers];
        Assert.All(settings, each => Assert.True(each.Temperature > 0.3 && each.TopK != 1));
        Assert.NotEqual(settings[0].Seed, settings[1].Seed);
        Assert.All(settings, each => Assert.Null(each.Grammar));
    }

    // Peers make one for every call.
    [Fact]
    public async Task GetResponseAsync_ManyCalls_ShareOneContext()
    {
        int contexts = 0;
        var engine = new FakeLlamaEngine { OnCreateContext = () => contexts++, OnSample = FakeLlamaEngine.Answer("fine") };
        using LlamaChatClient client = engine.CreateClient();
        for (int i = 0; i < 5; i++)
        {
            await client.GetResponseAsync("What?", cancellationToken: Cancellation);
        }

        Assert.Equal(1, contexts);
    }

    private static ChatOptions With(string name, object value) => new() { AdditionalProperties = new() { [name] = value } };
}
