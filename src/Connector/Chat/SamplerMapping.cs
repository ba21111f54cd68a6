using System.Text;
using CurKv.Connector.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Maps chat options to sampler settings. Settings that the caller does not set have llama.cpp's defaults.</summary>
internal static class SamplerMapping
{
    /// <summary>The bias that forbids a token.</summary>
    private const float Never = -100;

    private const float DefaultTemperature = 0.8f;
    private const int DefaultTopK = 40;
    private const float DefaultTopP = 0.95f;
    private const float DefaultMinP = 0.05f;
    private const int MaxTokensBack = 1 << 20;
    private const int MaxBreakers = 64;

    // llama.cpp truncates longer ones.
    private const int MaxBreakerBytes = 40;

    private static readonly SamplerSettings Defaults = new() { Temperature = DefaultTemperature, TopK = DefaultTopK, TopP = DefaultTopP, MinP = DefaultMinP, Seed = 0 };

    /// <summary>Maps the options. Without a seed, every call has a random one.</summary>
    /// <param name="options">The options. Unknown additional properties are ignored.</param>
    /// <param name="raw">Overrides the options.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    /// <exception cref="ArgumentException">An additional property is invalid.</exception>
    public static SamplerSettings Map(ChatOptions? options, LlamaRequestOptions? raw = null)
    {
        var more = new AdditionalValues(options?.AdditionalProperties);
        return new SamplerSettings
        {
            Temperature = InRange(raw?.Temperature ?? options?.Temperature ?? Defaults.Temperature, 0, float.MaxValue, nameof(ChatOptions.Temperature)),
            TopK = InRange(raw?.TopK ?? options?.TopK ?? Defaults.TopK, 0, int.MaxValue, nameof(ChatOptions.TopK)),
            TopP = InRange(raw?.TopP ?? options?.TopP ?? Defaults.TopP, 0, 1, nameof(ChatOptions.TopP)),
            MinP = InRange(raw?.MinP ?? more.Number("min_p") ?? Defaults.MinP, 0, 1, "min_p"),
            TypicalP = InRange(raw?.TypicalP ?? more.Number("typical_p") ?? Defaults.TypicalP, 0, 1, "typical_p"),
            TopNSigma = InRange(raw?.TopNSigma ?? more.Number("top_n_sigma") ?? Defaults.TopNSigma, -1, float.MaxValue, "top_n_sigma"),
            XtcProbability = InRange(raw?.XtcProbability ?? more.Number("xtc_probability") ?? Defaults.XtcProbability, 0, 1, "xtc_probability"),
            XtcThreshold = InRange(raw?.XtcThreshold ?? more.Number("xtc_threshold") ?? Defaults.XtcThreshold, 0, 1, "xtc_threshold"),
            RepeatPenalty = InRange(raw?.RepeatPenalty ?? more.Number("repeat_penalty") ?? Defaults.RepeatPenalty, 0.01f, 100, "repeat_penalty"),
            RepeatLastN = InRange(raw?.RepeatLastN ?? more.Whole("repeat_last_n") ?? Defaults.RepeatLastN, -1, MaxTokensBack, "repeat_last_n"),
            FrequencyPenalty = InRange(raw?.FrequencyPenalty ?? options?.FrequencyPenalty ?? Defaults.FrequencyPenalty, -100, 100, nameof(ChatOptions.FrequencyPenalty)),
            PresencePenalty = InRange(raw?.PresencePenalty ?? options?.PresencePenalty ?? Defaults.PresencePenalty, -100, 100, nameof(ChatOptions.PresencePenalty)),
            DryMultiplier = InRange(raw?.DryMultiplier ?? more.Number("dry_multiplier") ?? Defaults.DryMultiplier, 0, 100, "dry_multiplier"),
            DryBase = InRange(raw?.DryBase ?? more.Number("dry_base") ?? Defaults.DryBase, 1, 100, "dry_base"),
            DryAllowedLength = InRange(raw?.DryAllowedLength ?? more.Whole("dry_allowed_length") ?? Defaults.DryAllowedLength, 0, MaxTokensBack, "dry_allowed_length"),
            DryPenaltyLastN = InRange(raw?.DryPenaltyLastN ?? more.Whole("dry_penalty_last_n") ?? Defaults.DryPenaltyLastN, -1, MaxTokensBack, "dry_penalty_last_n"),
            DrySequenceBreakers = Breakers(raw?.DrySequenceBreakers ?? more.Texts("dry_sequence_breakers"), "dry_sequence_breakers"),
            LogitBias = Biases(raw?.LogitBias ?? more.ByToken("logit_bias")),
            Seed = Seed(raw?.Seed ?? options?.Seed ?? Random.Shared.NextInt64()),
            Grammar = (raw?.Grammar ?? more.Text("grammar")) is { Length: > 0 } gbnf ? new OutputGrammar(gbnf) : null,
        };
    }

    // llama.cpp interprets the highest seed as "random".
    private static uint Seed(long seed) => Math.Min(unchecked((uint)seed), uint.MaxValue - 1);

    private static IReadOnlyList<string> Breakers(IList<string>? breakers, string name)
    {
        if (breakers is null)
        {
            return Defaults.DrySequenceBreakers;
        }

        InRange(breakers.Count, 0, MaxBreakers, name);
        foreach (string breaker in breakers)
        {
            if (string.IsNullOrEmpty(breaker) || breaker.Contains('\0') || Encoding.UTF8.GetByteCount(breaker) > MaxBreakerBytes)
            {
                throw new ArgumentException($"{name} contains '{breaker}'. Each must have 1 to {MaxBreakerBytes} UTF-8 bytes, without NUL.", name);
            }
        }

        return [.. breakers];
    }

    private static Dictionary<int, float>? Biases(IDictionary<int, float>? biases) => biases is not { Count: > 0 } ? null
        : biases.ToDictionary(pair => InRange(pair.Key, 0, int.MaxValue, "logit_bias"), pair => InRange(pair.Value, Never, -Never, "logit_bias") is Never ? float.NegativeInfinity : pair.Value);

    private static float InRange(float value, float low, float high, string name) => value >= low && value <= high ? value : throw OutOfRange(value, low, high, name);

    private static int InRange(int value, int low, int high, string name) => value >= low && value <= high ? value : throw OutOfRange(value, low, high, name);

    private static ArgumentOutOfRangeException OutOfRange<T>(T value, T low, T high, string name) => new(name, value, $"{name} must lie between {low} and {high}.");
}
