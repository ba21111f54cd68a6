using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Protection;

/// <summary>The cached tokens of every head, cut by protection.</summary>
/// <remarks>Heads of a cache that was compressed hold different tokens, so protected positions lie in different cells of each.</remarks>
internal sealed class HeadSegments
{
    private readonly int _heads;
    private readonly TokenSegment[][] _segments;

    /// <summary>Cuts a cache.</summary>
    /// <param name="layers">The cache.</param>
    /// <param name="protection">What is kept in any case.</param>
    /// <param name="cells">How many tokens of a head are protected at most.</param>
    /// <param name="options">How many heads are cut at once.</param>
    public HeadSegments(IReadOnlyList<KvLayerTensors> layers, KvProtection protection, int cells, ParallelOptions options)
    {
        int tokens = layers[0].Keys.Tokens;
        _heads = layers[0].Keys.Heads;
        _segments = new TokenSegment[layers.Count * _heads][];
        TokenSegment[] byIndex = TokenSegment.Cut(protection, tokens, cells);
        Parallel.For(0, _segments.Length, options, i =>
            _segments[i] = layers[i / _heads].Positions is { } positions
                ? TokenSegment.Cut(protection, tokens, cells, positions, i % _heads)
                : byIndex);
    }

    /// <summary>The segments of one head.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="head">The KV head, from 0.</param>
    public TokenSegment[] this[int layer, int head] => _segments[(layer * _heads) + head];
}
