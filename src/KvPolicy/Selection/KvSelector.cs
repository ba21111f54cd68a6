using System.Buffers;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Protection;

namespace CurKv.KvPolicy.Selection;

/// <summary>Scores a cache with a policy and selects the tokens that each head keeps.</summary>
/// <remarks>
/// The rules: protected tokens first, then the highest scores, ties to the lower index; a score that is NaN or negative
/// infinity is evicted first. A cache that fits its budget is kept whole and not scored; a budget by mass has to score to know. All
/// scores are held until the tokens are selected: 4 bytes per token, head and layer. Instances hold no state between calls and are
/// safe to use from several threads at once.
/// </remarks>
public sealed class KvSelector
{
    private readonly int _degreeOfParallelism;

    /// <summary>Creates a selector.</summary>
    /// <param name="policy">What scores the tokens.</param>
    /// <param name="degreeOfParallelism">How many layers are scored, or heads selected, at once; by default as many as there are processors.</param>
    /// <exception cref="ArgumentOutOfRangeException">The degree is below 1.</exception>
    public KvSelector(IKvPolicy policy, int? degreeOfParallelism = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _degreeOfParallelism = degreeOfParallelism ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(_degreeOfParallelism, 1, nameof(degreeOfParallelism));
        Policy = policy;
    }

    /// <summary>What scores the tokens.</summary>
    public IKvPolicy Policy { get; }

    /// <summary>Selects the tokens that each head of each layer keeps.</summary>
    /// <param name="layers">The cache, in layer order; equally many tokens and KV heads in every layer.</param>
    /// <param name="budget">How many tokens each head keeps.</param>
    /// <param name="protection">What is kept in any case.</param>
    /// <param name="cancellationToken">Stops between layers and between heads.</param>
    /// <exception cref="ArgumentException">The layers do not fit each other, or lack what the policy reads.</exception>
    /// <exception cref="InvalidOperationException">
    /// The policy wants what a layer comes without, such as the prompt's last queries or elements that the cache does not rotate; or the
    /// budget is by mass and the policy gives negative scores.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public KvSelection Select(
        IReadOnlyList<KvLayerTensors> layers, KvBudget budget, KvProtection protection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(protection);
        LayerShapes.Check(layers, Policy);

        int tokens = layers[0].Keys.Tokens;
        int heads = layers[0].Keys.Heads;
        int most = budget.IsByMass ? tokens : budget.Cells(tokens);
        if (most == tokens && !budget.IsByMass)
        {
            return KeepAll(layers.Count, heads, tokens);
        }

        int length = checked(layers.Count * heads * tokens);
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Memory<float> scores = buffer.AsMemory(0, length);
        var options = new ParallelOptions { MaxDegreeOfParallelism = _degreeOfParallelism, CancellationToken = cancellationToken };
        var segments = new HeadSegments(layers, protection, most, options);
        ParallelLayers.ForEach(layers.Count, options, index =>
        {
            var layer = new KvLayer(index, layers[index], most, Math.Min(protection.Sinks, most));
            Policy.Score(layer, scores.Span.Slice(index * heads * tokens, heads * tokens));
        });

        int cells = most;
        if (budget.IsByMass)
        {
            var mass = new MassBudget(budget, Policy.Name, (Policy as AdaKv)?.Safeguard);
            cells = mass.Cells(scores, layers.Count, heads, segments, options);
        }

        var selection = new KvSelection(layers.Count, heads, cells);
        Parallel.For(0, layers.Count * heads, options, index =>
        {
            (int layer, int head) = (index / heads, index % heads);
            TokenSelector.Select(scores.Span.Slice(index * tokens, tokens), segments[layer, head], selection[layer, head]);
        });
        ArrayPool<float>.Shared.Return(buffer);
        return selection;
    }

    private static KvSelection KeepAll(int layers, int heads, int tokens)
    {
        var selection = new KvSelection(layers, heads, tokens);
        for (int layer = 0; layer < layers; layer++)
        {
            for (int head = 0; head < heads; head++)
            {
                Span<int> kept = selection[layer, head];
                for (int token = 0; token < kept.Length; token++)
                {
                    kept[token] = token;
                }
            }
        }

        return selection;
    }
}
