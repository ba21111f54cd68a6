using System.Globalization;
using CurKv.Connector.Engine;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Chat options to sampler settings. What the caller leaves open takes llama.cpp's own defaults.</summary>
internal static class SamplerMapping
{
    /// <summary>The additional property for min-p, which <see cref="ChatOptions"/> has no member for.</summary>
    public const string MinPProperty = "min_p";

    private const float DefaultTemperature = 0.8f;
    private const int DefaultTopK = 40;
    private const float DefaultTopP = 0.95f;
    private const float DefaultMinP = 0.05f;

    /// <summary>Maps the options; without a seed every call draws its own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    /// <exception cref="ArgumentException">An additional property is not a number.</exception>
    public static SamplerSettings Map(ChatOptions? options) => new()
    {
        Temperature = InRange(options?.Temperature ?? DefaultTemperature, 0, float.MaxValue, nameof(ChatOptions.Temperature)),
        TopK = options?.TopK ?? DefaultTopK,
        TopP = InRange(options?.TopP ?? DefaultTopP, 0, 1, nameof(ChatOptions.TopP)),
        MinP = InRange(MinP(options) ?? DefaultMinP, 0, 1, MinPProperty),
        Seed = Seed(options?.Seed ?? Random.Shared.NextInt64()),
    };

    // llama.cpp reads the highest seed as "draw one".
    private static uint Seed(long seed) => Math.Min(unchecked((uint)seed), uint.MaxValue - 1);

    private static float? MinP(ChatOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(MinPProperty, out object? value) == true && value is not null ? Number(value, MinPProperty) : null;

    // By its text: in options that came as JSON it is a JsonElement.
    private static float Number(object value, string name) =>
        float.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out float number)
            ? number
            : throw new ArgumentException($"{name} is '{value}'. Set it to a number.", name);

    private static float InRange(float value, float low, float high, string name) =>
        value >= low && value <= high ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must lie between {low} and {high}.");
}
