using System.Buffers;
using System.Numerics.Tensors;

namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>
/// CurDKV: keeps the tokens that weigh most among the keys and the values, as in a CUR decomposition (arXiv 2509.15038). No
/// query is needed.
/// </summary>
/// <remarks>
/// Scores are products of squared norms, as in the paper (<see cref="CurDkvVariant.Norms"/>), or by default of the keys' squared
/// distances from their mean; they are not leverage scores unless <see cref="CurDkvVariant.Exact"/> is chosen.
/// Each head's scores sum to 1. A token whose key or value holds NaN or an infinity, or whose score overflows a float, is
/// evicted first. Instances are immutable and safe to use from several threads.
/// </remarks>
public sealed class CurDkv : IKvPolicy
{
    private readonly ILeverage _leverage;
    private readonly CurDkvWindow? _window;
    private readonly CurDkvCombination _combination;

    /// <summary>Creates the policy.</summary>
    /// <param name="options">Its settings; centred keys and a gentle weight of the values by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public CurDkv(CurDkvOptions? options = null)
    {
        options ??= new CurDkvOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SketchColumns, 1);
        ArgumentNullException.ThrowIfNull(options.LocalWindow);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LocalWindow.Tokens, 1);
        if (!(options.ValueExponent >= 0 && options.ValueExponent <= 1))
        {
            throw new ArgumentOutOfRangeException($"{nameof(options)}.{nameof(options.ValueExponent)}", options.ValueExponent, $"{nameof(options.ValueExponent)} must lie between 0 and 1.");
        }

        _leverage = options.Variant switch
        {
            CurDkvVariant.Centred => new CentredLeverage(options.ValueExponent),
            CurDkvVariant.Norms or CurDkvVariant.LocalNorms => new NormLeverage(),
            CurDkvVariant.Sketch => new SketchLeverage(options.SketchColumns, options.SketchSeed),
            CurDkvVariant.Exact => new ExactLeverage(),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Variant, "Not a variant."),
        };
        _window = options.Variant == CurDkvVariant.LocalNorms ? options.LocalWindow : null;
        _combination = options.Combination;
        Inputs = InputsOf(_leverage, _combination);
        Name = NameOf(options);
    }

    /// <summary>Creates the policy over any weights, with or without windows.</summary>
    internal CurDkv(ILeverage leverage, CurDkvWindow? window, CurDkvCombination combination)
    {
        Name = "curdkv";
        _leverage = leverage;
        _window = window;
        _combination = combination;
        Inputs = InputsOf(leverage, combination);
    }

    /// <summary>
    /// The variant's name and the settings that matter to it and are not the default, as <see cref="Naming.KvPolicyCatalog"/> reads them:
    /// <c>curdkv</c>, <c>curdkv-sketch(seed=7)</c>.
    /// </summary>
    public string Name { get; }

    /// <inheritdoc/>
    public KvPolicyInputs Inputs { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="scores"/> does not have one score per head and token.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        if (_combination == CurDkvCombination.Value)
        {
            _leverage.MeasureValues(layer, scores);
        }
        else
        {
            _leverage.MeasureKeys(layer, scores);
        }

        Localise(layer, scores);
        if (_combination is CurDkvCombination.Product or CurDkvCombination.Mean)
        {
            float[] buffer = ArrayPool<float>.Shared.Rent(scores.Length);
            Span<float> values = buffer.AsSpan(0, scores.Length);
            _leverage.MeasureValues(layer, values);
            Localise(layer, values);
            Combine(scores, values);
            ArrayPool<float>.Shared.Return(buffer);
        }

        for (int head = 0; head < layer.Heads; head++)
        {
            Normalise(scores.Slice(head * layer.Tokens, layer.Tokens));
        }
    }

    private static string NameOf(CurDkvOptions options)
    {
        var defaults = new CurDkvOptions();
        string? combine = KvPolicyText.Argument("combine", options.Combination, defaults.Combination);
        CurDkvWindow window = options.LocalWindow;
        return options.Variant switch
        {
            CurDkvVariant.Centred => KvPolicyText.Call("curdkv", KvPolicyText.Argument("value", options.ValueExponent, defaults.ValueExponent), combine),
            CurDkvVariant.Norms => KvPolicyText.Call("curdkv-norms", combine),
            CurDkvVariant.Sketch => KvPolicyText.Call(
                "curdkv-sketch",
                KvPolicyText.Argument("columns", options.SketchColumns, defaults.SketchColumns),
                KvPolicyText.Argument("seed", options.SketchSeed, defaults.SketchSeed),
                combine),
            CurDkvVariant.LocalNorms => KvPolicyText.Call(
                "curdkv-local",
                KvPolicyText.Argument("window", window.Tokens, defaults.LocalWindow.Tokens),
                KvPolicyText.Argument("divide", window.DivideBySum ? "sum" : "mean", "mean"),
                KvPolicyText.Argument("partial", window.AlignRight ? "first" : "last", "last"),
                combine),
            _ => KvPolicyText.Call("curdkv-exact", combine),
        };
    }

    private static KvPolicyInputs InputsOf(ILeverage leverage, CurDkvCombination combination) => combination switch
    {
        CurDkvCombination.Product or CurDkvCombination.Mean => leverage.KeyInputs | leverage.ValueInputs,
        CurDkvCombination.Key => leverage.KeyInputs,
        CurDkvCombination.Value => leverage.ValueInputs,
        _ => throw new ArgumentOutOfRangeException(nameof(combination), combination, "Not a combination."),
    };

    private static void Normalise(Span<float> scores)
    {
        double total = TensorPrimitives.Sum<float>(scores);
        if (!double.IsFinite(total))
        {
            total = EvictNonFinite(scores);
        }

        if (total > 0)
        {
            TensorPrimitives.Divide(scores, (float)total, scores);
        }
    }

    /// <summary>Ranks scores that are not finite lowest, and sums up the others.</summary>
    private static double EvictNonFinite(Span<float> scores)
    {
        double total = 0;
        foreach (ref float score in scores)
        {
            if (float.IsFinite(score))
            {
                total += score;
            }
            else
            {
                score = float.NegativeInfinity;
            }
        }

        return total;
    }

    private void Localise(in KvLayer layer, Span<float> weights)
    {
        if (_window is not null)
        {
            for (int head = 0; head < layer.Heads; head++)
            {
                LocalWindows.Scale(weights.Slice(head * layer.Tokens, layer.Tokens), _window);
            }
        }
    }

    private void Combine(Span<float> keys, ReadOnlySpan<float> values)
    {
        if (_combination == CurDkvCombination.Product)
        {
            TensorPrimitives.Multiply(keys, values, keys);
        }
        else
        {
            TensorPrimitives.Add(keys, values, keys);
        }
    }
}
