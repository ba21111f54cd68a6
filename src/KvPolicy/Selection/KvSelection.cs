using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Selection;

/// <summary>The tokens that each KV head of each layer keeps: <c>[layers][heads][cells]</c>, ascending in every head.</summary>
public sealed class KvSelection
{
    private readonly int[] _tokens;

    /// <summary>Creates a selection whose tokens are to be filled in.</summary>
    /// <param name="layers">The number of layers.</param>
    /// <param name="heads">The number of KV heads in each layer.</param>
    /// <param name="cells">The number of tokens that each head keeps.</param>
    public KvSelection(int layers, int heads, int cells)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cells, 1);
        Layers = layers;
        Heads = heads;
        Cells = cells;
        _tokens = new int[checked(layers * heads * cells)];
    }

    /// <summary>The number of layers.</summary>
    public int Layers { get; }

    /// <summary>The number of KV heads in each layer.</summary>
    public int Heads { get; }

    /// <summary>The number of tokens that each head keeps: llama.cpp's cache is rectangular, so all heads keep equally many.</summary>
    public int Cells { get; }

    /// <summary>The kept tokens of one layer: <c>[heads][cells]</c>, ascending in every head.</summary>
    /// <param name="layer">The layer, from 0.</param>
    public Span<int> this[int layer] => _tokens.AsSpan(layer * Heads * Cells, Heads * Cells);

    /// <summary>The kept tokens of one head, ascending.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="head">The KV head, from 0.</param>
    public Span<int> this[int layer, int head] => _tokens.AsSpan(((layer * Heads) + head) * Cells, Cells);

    /// <summary>Finds the positions that a compression to this selection leaves.</summary>
    /// <param name="before">Every layer's positions before it; null where the token in cell i stood at position i.</param>
    /// <param name="nextPosition">The position of the token that is decoded next, one behind the newest.</param>
    /// <returns>Every layer's positions.</returns>
    /// <exception cref="ArgumentException">
    /// The layers or heads do not fit the selection, the selection does not ascend, or it keeps tokens at or behind
    /// <paramref name="nextPosition"/>.
    /// </exception>
    public KvPositions[] PositionsAfter(IReadOnlyList<KvPositions>? before, int nextPosition)
    {
        if (before is not null && before.Count != Layers)
        {
            throw new ArgumentException($"The selection is for {Layers} layers, and there are positions of {before.Count}.", nameof(before));
        }

        var after = new KvPositions[Layers];
        ParallelLayers.ForEach(after.Length, new ParallelOptions(), layer => after[layer] = PositionsAfter(before?[layer], layer, nextPosition));
        return after;
    }

    private KvPositions PositionsAfter(KvPositions? before, int layer, int nextPosition)
    {
        if (before is not null && before.Heads != Heads)
        {
            throw new ArgumentException(
                $"The selection is for {Heads} KV heads, and there are positions of {before.Heads} in layer {layer}.", nameof(before));
        }

        int[] listed = this[layer].ToArray();
        for (int i = 0; before is not null && i < listed.Length; i++)
        {
            listed[i] = before[i / Cells, listed[i]];
        }

        return KvPositions.Over(listed, Heads, nextPosition);
    }
}
