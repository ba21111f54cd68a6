using System.Buffers;

namespace CurKv.KvPolicy;

/// <summary>Scores a cache with a policy and selects the tokens that each head keeps.</summary>
/// <remarks>
/// The rules: protected tokens first, then the highest scores, ties to the lower index; a score that is NaN or negative
/// infinity is evicted first. A cache that fits its budget is kept whole and not scored. Instances hold no state between
/// calls and are safe to use from several threads at once.
/// </remarks>
public sealed class KvSelector
{
    private readonly int _degreeOfParallelism;

    /// <summary>Creates a selector.</summary>
    /// <param name="policy">What scores the tokens.</param>
    /// <param name="degreeOfParallelism">How many layers are scored at once; by default as many as there are processors.</param>
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
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <exception cref="ArgumentException">The layers do not fit each other, or lack what the policy reads.</exception>
    /// <exception cref="InvalidOperationException">The policy wants the prompt's last queries and a layer comes without them.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public KvSelection Select(
        IReadOnlyList<KvLayerTensors> layers, KvBudget budget, KvProtection protection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(protection);
        LayerShapes.Check(layers, Policy);

        int tokens = layers[0].Keys.Tokens;
        int heads = layers[0].Keys.Heads;
        var selection = new KvSelection(layers.Count, heads, budget.Cells(tokens));
        TokenSegment[] segments = TokenSegment.Cut(protection, tokens, selection.Cells);
        if (selection.Cells == tokens)
        {
            KeepAll(selection);
            return selection;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = _degreeOfParallelism, CancellationToken = cancellationToken };
        Parallel.For(0, layers.Count, options, index =>
        {
            var layer = new KvLayer(index, layers[index], selection.Cells, Math.Min(protection.Sinks, selection.Cells));
            SelectLayer(layer, segments, selection);
        });
        return selection;
    }

    private static void KeepAll(KvSelection selection)
    {
        for (int layer = 0; layer < selection.Layers; layer++)
        {
            for (int head = 0; head < selection.Heads; head++)
            {
                Span<int> kept = selection[layer, head];
                for (int token = 0; token < kept.Length; token++)
                {
                    kept[token] = token;
                }
            }
        }
    }

    private void SelectLayer(in KvLayer layer, TokenSegment[] segments, KvSelection selection)
    {
        int length = checked(layer.Heads * layer.Tokens);
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        Span<float> scores = buffer.AsSpan(0, length);
        Policy.Score(layer, scores);
        for (int head = 0; head < layer.Heads; head++)
        {
            TokenSelector.Select(scores.Slice(head * layer.Tokens, layer.Tokens), segments, selection[layer.Index, head]);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }
}
