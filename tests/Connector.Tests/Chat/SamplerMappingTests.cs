using System.Text.Json;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

public class SamplerMappingTests
{
    private static readonly SamplerSettings Defaults = new() { Temperature = 0.8f, TopK = 40, TopP = 0.95f, MinP = 0.05f, Seed = 7 };

    private static readonly Dictionary<string, (ChatOptions Options, SamplerSettings Settings)> Table = new()
    {
        ["nothing"] = (new ChatOptions { Seed = 7 }, Defaults),
        ["temperature"] = (new ChatOptions { Seed = 7, Temperature = 1.5f }, Defaults with { Temperature = 1.5f }),
        ["greedy"] = (new ChatOptions { Seed = 7, Temperature = 0 }, Defaults with { Temperature = 0 }),
        ["top-k"] = (new ChatOptions { Seed = 7, TopK = 5 }, Defaults with { TopK = 5 }),
        ["no top-k"] = (new ChatOptions { Seed = 7, TopK = 0 }, Defaults with { TopK = 0 }),
        ["top-p"] = (new ChatOptions { Seed = 7, TopP = 1 }, Defaults with { TopP = 1 }),
        ["min-p"] = (MinP(0.25), Defaults with { MinP = 0.25f }),
        ["min-p as text"] = (MinP("0.25"), Defaults with { MinP = 0.25f }),
        ["min-p from JSON"] = (MinP(JsonElement.Parse("0.25")), Defaults with { MinP = 0.25f }),
        ["null min-p"] = (MinP(null), Defaults),
        ["unknown property"] = (new ChatOptions { Seed = 7, AdditionalProperties = new() { ["nobody_knows"] = "this" } }, Defaults),
        ["big seed"] = (new ChatOptions { Seed = 0x1_0000_0009 }, Defaults with { Seed = 9 }),
        ["negative seed"] = (new ChatOptions { Seed = -5 }, Defaults with { Seed = uint.MaxValue - 4 }),
    };

    public static TheoryData<string> Cases => [.. Table.Keys];

    [Theory]
    [InlineData(-0.1f, null, null, "Temperature")]
    [InlineData(float.NaN, null, null, "Temperature")]
    [InlineData(float.PositiveInfinity, null, null, "Temperature")]
    [InlineData(null, -0.1f, null, "TopP")]
    [InlineData(null, 1.1f, null, "TopP")]
    [InlineData(null, float.NaN, null, "TopP")]
    [InlineData(null, null, -0.1f, "min_p")]
    [InlineData(null, null, 1.1f, "min_p")]
    public void Map_OutOfRange_NamesTheSetting(float? temperature, float? topP, float? minP, string setting)
    {
        var options = new ChatOptions { Temperature = temperature, TopP = topP, AdditionalProperties = new() { ["min_p"] = minP } };

        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(() => SamplerMapping.Map(options));

        Assert.Equal(setting, e.ParamName);
        Assert.Contains(setting, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("much")]
    [InlineData(true)]
    public void Map_MinPThatIsNoNumber_NamesTheSetting(object minP)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => SamplerMapping.Map(MinP(minP)));

        Assert.Contains("min_p is ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Map_Option_SetsItsSettingOnly(string name) =>
        Assert.Equal(Table[name].Settings, SamplerMapping.Map(Table[name].Options));

    [Fact]
    public void Map_NoSeed_DrawsAnotherOneEachTime()
    {
        uint[] seeds = [.. Enumerable.Range(0, 8).Select(_ => SamplerMapping.Map(null).Seed)];

        Assert.True(seeds.Distinct().Count() > 4, string.Join(", ", seeds));
    }

    // llama.cpp takes 0xFFFFFFFF for "draw a seed", and a given seed has to make the call repeatable.
    [Theory]
    [InlineData(-1)]
    [InlineData(uint.MaxValue)]
    public void Map_SeedThatLlamaCppTakesForNone_IsAnotherOne(long seed) =>
        Assert.NotEqual(uint.MaxValue, SamplerMapping.Map(new ChatOptions { Seed = seed }).Seed);

    private static ChatOptions MinP(object? value) => new() { Seed = 7, AdditionalProperties = new() { ["min_p"] = value } };
}
