using System.Globalization;
using System.Numerics.Tensors;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Policies.Combined;

/// <summary>Two policies' scores, each divided by its mean in the head, added: <c>a+b</c>, or with a weight <c>a+4*b</c>.</summary>
/// <remarks>
/// The mean is that of the finite scores' absolute values, so for scores that are not negative it is their mean, and neither
/// policy outweighs the other by its unit. Positive infinity stays so and keeps its token; a token that either policy scores NaN
/// or negative infinity is evicted first.
/// </remarks>
public sealed class PolicySum : PolicyPair
{
    internal const double DefaultWeight = 1;

    /// <summary>Creates the sum.</summary>
    /// <param name="first">The first policy.</param>
    /// <param name="second">The second policy.</param>
    /// <param name="weight">
    /// How often the second policy counts; 1 by default. A policy whose scores have a few high peaks, as attention does, leaves little
    /// to one whose scores lie close together unless that counts several times.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The weight does not lie above 0 and up to a million.</exception>
    public PolicySum(IKvPolicy first, IKvPolicy second, double weight = DefaultWeight)
        : base(first, '+', second, weight == DefaultWeight ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{weight}*").ToLowerInvariant())
    {
        if (!(weight > 0 && weight <= 1e6))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "The second policy's weight must lie above 0 and up to a million, such as 4.");
        }

        Weight = weight;
    }

    /// <summary>How often the second policy counts.</summary>
    public double Weight { get; }

    private protected override void Join(Span<float> scores, Span<float> others)
    {
        Normalise(scores, 1);
        Normalise(others, (float)Weight);
        TensorPrimitives.Add(scores, others, scores);
    }

    private static void Normalise(Span<float> scores, float weight)
    {
        float mean = FiniteMagnitudes.Mean(scores);
        if (mean > 0)
        {
            TensorPrimitives.Multiply(scores, weight / mean, scores);
        }
    }
}
