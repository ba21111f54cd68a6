using System.Text.Json;
using System.Text.Json.Nodes;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

public class SamplerMappingTests
{
    private const string Yes = "root ::= \"yes\"";

    private static readonly string[] Breakers = ["\n", "--"];

    private static readonly Dictionary<int, float> Biases = new() { [5] = 1.5f, [7] = float.NegativeInfinity };

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
        ["null min-p from JSON"] = (MinP(JsonElement.Parse("null")), Defaults),
        ["min-p as a node"] = (MinP(JsonValue.Create(0.25)), Defaults with { MinP = 0.25f }),
        ["min-p as JSON text"] = (MinP(JsonElement.Parse("\"0.25\"")), Defaults with { MinP = 0.25f }),
        ["typical-p"] = (More("typical_p", 0.5), Defaults with { TypicalP = 0.5f }),
        ["top-n-sigma"] = (More("top_n_sigma", 1), Defaults with { TopNSigma = 1 }),
        ["no top-n-sigma, as llama.cpp says it"] = (More("top_n_sigma", -1), Defaults with { TopNSigma = -1 }),
        ["XTC's probability"] = (More("xtc_probability", 0.5m), Defaults with { XtcProbability = 0.5f }),
        ["XTC's threshold"] = (More("xtc_threshold", 0.2f), Defaults with { XtcThreshold = 0.2f }),
        ["repeat penalty"] = (More("repeat_penalty", 1.1f), Defaults with { RepeatPenalty = 1.1f }),
        ["repeat over"] = (More("repeat_last_n", "128"), Defaults with { RepeatLastN = 128 }),
        ["repeat over all"] = (More("repeat_last_n", JsonElement.Parse("-1")), Defaults with { RepeatLastN = -1 }),
        ["frequency penalty"] = (new ChatOptions { Seed = 7, FrequencyPenalty = -0.5f }, Defaults with { FrequencyPenalty = -0.5f }),
        ["presence penalty"] = (new ChatOptions { Seed = 7, PresencePenalty = 0.5f }, Defaults with { PresencePenalty = 0.5f }),
        ["DRY's multiplier"] = (More("dry_multiplier", 0.8f), Defaults with { DryMultiplier = 0.8f }),
        ["DRY's base"] = (More("dry_base", 2L), Defaults with { DryBase = 2 }),
        ["DRY's length"] = (More("dry_allowed_length", 3.0), Defaults with { DryAllowedLength = 3 }),
        ["DRY over"] = (More("dry_penalty_last_n", 512), Defaults with { DryPenaltyLastN = 512 }),
        ["grammar"] = (More("grammar", Yes), Defaults with { Grammar = new OutputGrammar(Yes) }),
        ["grammar from JSON"] = (More("grammar", JsonSerializer.SerializeToElement(Yes)), Defaults with { Grammar = new OutputGrammar(Yes) }),
        ["no grammar"] = (More("grammar", ""), Defaults),
        ["no bias"] = (More("logit_bias", "{}"), Defaults),
        ["unknown property"] = (new ChatOptions { Seed = 7, AdditionalProperties = new() { ["nobody_knows"] = "this" } }, Defaults),
        ["big seed"] = (new ChatOptions { Seed = 0x1_0000_0009 }, Defaults with { Seed = 9 }),
        ["negative seed"] = (new ChatOptions { Seed = -5 }, Defaults with { Seed = uint.MaxValue - 4 }),
    };

    private static readonly Dictionary<string, (LlamaRequestOptions Raw, SamplerSettings Settings)> RawTable = new()
    {
        ["nothing"] = (new LlamaRequestOptions(), SamplerMapping.Map(Other())),
        ["temperature"] = (new LlamaRequestOptions { Temperature = 0 }, SamplerMapping.Map(Other()) with { Temperature = 0 }),
        ["top-k"] = (new LlamaRequestOptions { TopK = 0 }, SamplerMapping.Map(Other()) with { TopK = 0 }),
        ["top-p"] = (new LlamaRequestOptions { TopP = 1 }, SamplerMapping.Map(Other()) with { TopP = 1 }),
        ["min-p"] = (new LlamaRequestOptions { MinP = 0 }, SamplerMapping.Map(Other()) with { MinP = 0 }),
        ["typical-p"] = (new LlamaRequestOptions { TypicalP = 1 }, SamplerMapping.Map(Other()) with { TypicalP = 1 }),
        ["top-n-sigma"] = (new LlamaRequestOptions { TopNSigma = 0 }, SamplerMapping.Map(Other()) with { TopNSigma = 0 }),
        ["XTC's probability"] = (new LlamaRequestOptions { XtcProbability = 0 }, SamplerMapping.Map(Other()) with { XtcProbability = 0 }),
        ["XTC's threshold"] = (new LlamaRequestOptions { XtcThreshold = 0 }, SamplerMapping.Map(Other()) with { XtcThreshold = 0 }),
        ["repeat penalty"] = (new LlamaRequestOptions { RepeatPenalty = 1 }, SamplerMapping.Map(Other()) with { RepeatPenalty = 1 }),
        ["repeat over"] = (new LlamaRequestOptions { RepeatLastN = 0 }, SamplerMapping.Map(Other()) with { RepeatLastN = 0 }),
        ["frequency penalty"] = (new LlamaRequestOptions { FrequencyPenalty = 0 }, SamplerMapping.Map(Other()) with { FrequencyPenalty = 0 }),
        ["presence penalty"] = (new LlamaRequestOptions { PresencePenalty = 0 }, SamplerMapping.Map(Other()) with { PresencePenalty = 0 }),
        ["DRY's multiplier"] = (new LlamaRequestOptions { DryMultiplier = 0 }, SamplerMapping.Map(Other()) with { DryMultiplier = 0 }),
        ["DRY's base"] = (new LlamaRequestOptions { DryBase = 1 }, SamplerMapping.Map(Other()) with { DryBase = 1 }),
        ["DRY's length"] = (new LlamaRequestOptions { DryAllowedLength = 0 }, SamplerMapping.Map(Other()) with { DryAllowedLength = 0 }),
        ["DRY over"] = (new LlamaRequestOptions { DryPenaltyLastN = 0 }, SamplerMapping.Map(Other()) with { DryPenaltyLastN = 0 }),
        ["seed"] = (new LlamaRequestOptions { Seed = 0 }, SamplerMapping.Map(Other()) with { Seed = 0 }),
        ["grammar"] = (new LlamaRequestOptions { Grammar = Yes }, SamplerMapping.Map(Other()) with { Grammar = new OutputGrammar(Yes) }),
    };

    public static TheoryData<string, object, string> BadProperties => new()
    {
        { "min_p", 1.1, "between 0 and 1" },
        { "typical_p", -0.1, "between 0 and 1" },
        { "typical_p", "NaN", "between 0 and 1" },
        { "top_n_sigma", -2, "between -1 and" },
        { "top_n_sigma", "Infinity", "between -1 and" },
        { "xtc_probability", 2, "between 0 and 1" },
        { "xtc_threshold", -1, "between 0 and 1" },
        { "repeat_penalty", 0, "between 0.01 and 100" },
        { "repeat_last_n", -2, "between -1 and 1048576" },
        { "repeat_last_n", 1.5, "an integer" },
        { "repeat_last_n", 1e12, "an integer" },
        { "dry_multiplier", -1, "between 0 and 100" },
        { "dry_base", 0.5, "between 1 and 100" },
        { "dry_allowed_length", -1, "between 0 and" },
        { "dry_penalty_last_n", 1 << 21, "between -1 and 1048576" },
        { "dry_sequence_breakers", 7, "list of strings" },
        { "dry_sequence_breakers", (List<string>)[""], "1 to 40 UTF-8 bytes" },
        { "dry_sequence_breakers", (List<string>)["a\0"], "NUL" },
        { "dry_sequence_breakers", new string('x', 41), "1 to 40 UTF-8 bytes" },
        { "dry_sequence_breakers", (List<int>)[1], "a string" },
        { "dry_sequence_breakers", Enumerable.Repeat("x", 65), "between 0 and 64" },
        { "logit_bias", 5, "object of token ids" },
        { "logit_bias", "5", "object of token ids" },
        { "logit_bias", "{", "object of token ids" },
        { "logit_bias", new Dictionary<string, float> { ["the"] = 1 }, "token id 'the'" },
        { "logit_bias", new Dictionary<int, float> { [5] = 101 }, "between -100 and 100" },
        { "logit_bias", new Dictionary<int, float> { [5] = float.NaN }, "between -100 and 100" },
        { "logit_bias", new Dictionary<int, float> { [-5] = 1 }, "between 0 and" },
        { "logit_bias", new Dictionary<int, string> { [5] = "much" }, "a number" },
        { "grammar", 5, "a string" },
        { "dry_base", new object(), "a number" },
    };

    public static TheoryData<string> RawCases => [.. RawTable.Keys];

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
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Map_NegativeTopK_NamesTheSetting(int topK) =>
        Assert.Equal("TopK", Assert.Throws<ArgumentOutOfRangeException>(() => SamplerMapping.Map(new ChatOptions { TopK = topK })).ParamName);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-101f)]
    [InlineData(101f)]
    public void Map_PenaltyOutOfRange_NamesTheSetting(float penalty)
    {
        Assert.Equal("FrequencyPenalty", Assert.Throws<ArgumentOutOfRangeException>(() => SamplerMapping.Map(new ChatOptions { FrequencyPenalty = penalty })).ParamName);
        Assert.Equal("PresencePenalty", Assert.Throws<ArgumentOutOfRangeException>(() => SamplerMapping.Map(null, new LlamaRequestOptions { PresencePenalty = penalty })).ParamName);
    }

    [Theory]
    [MemberData(nameof(BadProperties))]
    public void Map_BadProperty_NamesItAndTheFix(string name, object value, string fix)
    {
        ArgumentException e = Assert.ThrowsAny<ArgumentException>(() => SamplerMapping.Map(More(name, value)));

        Assert.Equal(name, e.ParamName);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.Contains(fix, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_Breakers_OfEveryForm()
    {
        object[] forms = [Breakers, Breakers.ToList(), JsonSerializer.SerializeToElement(Breakers), new JsonArray("\n", "--"), Breakers.Cast<object>().ToArray()];

        Assert.All(forms, form => Assert.Equal(Breakers, SamplerMapping.Map(More("dry_sequence_breakers", form)).DrySequenceBreakers));
        Assert.Equal(["--"], SamplerMapping.Map(More("dry_sequence_breakers", "--")).DrySequenceBreakers);
        Assert.Equal(["--"], SamplerMapping.Map(More("dry_sequence_breakers", JsonElement.Parse("\"--\""))).DrySequenceBreakers);
        Assert.Empty(SamplerMapping.Map(More("dry_sequence_breakers", Array.Empty<string>())).DrySequenceBreakers);
        Assert.Equal(Breakers, SamplerMapping.Map(More("dry_sequence_breakers", "x"), new LlamaRequestOptions { DrySequenceBreakers = Breakers }).DrySequenceBreakers);
    }

    [Fact]
    public void Map_LogitBias_OfEveryForm()
    {
        object[] forms =
        [
            new Dictionary<int, float> { [5] = 1.5f, [7] = -100 },
            new Dictionary<string, object> { ["5"] = "1.5", ["7"] = JsonElement.Parse("-100") },
            JsonElement.Parse("""{ "5": 1.5, "7": -100 }"""),
            new JsonObject { ["5"] = 1.5, ["7"] = -100 },
            """{ "5": 1.5, "7": -100 }""",
        ];

        Assert.All(forms, form => Assert.Equal(Biases, SamplerMapping.Map(More("logit_bias", form)).LogitBias));
        Assert.Equal(Biases, SamplerMapping.Map(More("logit_bias", "{}"), new LlamaRequestOptions { LogitBias = new Dictionary<int, float> { [5] = 1.5f, [7] = -100 } }).LogitBias);
    }

    [Theory]
    [MemberData(nameof(RawCases))]
    public void Map_RawValue_OverridesTheOptions(string name) =>
        Assert.Equal(RawTable[name].Settings, SamplerMapping.Map(Other(), RawTable[name].Raw));

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

    private static ChatOptions MinP(object? value) => More("min_p", value);

    private static ChatOptions More(string name, object? value) => new() { Seed = 7, AdditionalProperties = new() { [name] = value } };

    // Nothing is as it would be without options.
    private static ChatOptions Other() => new()
    {
        Seed = 9,
        Temperature = 0.5f,
        TopK = 3,
        TopP = 0.5f,
        FrequencyPenalty = 0.5f,
        PresencePenalty = 0.25f,
        AdditionalProperties = new()
        {
            ["min_p"] = 0.5,
            ["typical_p"] = 0.5,
            ["top_n_sigma"] = 2,
            ["xtc_probability"] = 0.5,
            ["xtc_threshold"] = 0.25,
            ["repeat_penalty"] = 1.5,
            ["repeat_last_n"] = 5,
            ["dry_multiplier"] = 0.5,
            ["dry_base"] = 2,
            ["dry_allowed_length"] = 4,
            ["dry_penalty_last_n"] = 6,
            ["grammar"] = "root ::= \"no\"",
        },
    };
}
