using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>A way to read a sequence's cells and to keep only the selected ones. All paths leave the same bytes.</summary>
internal interface IKvPath
{
    /// <summary>The kind of path.</summary>
    KvRewritePath Kind { get; }

    /// <summary>Why this path is not available for a sequence in its present state; null if it is.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="readsRows">Whether the view's keys or values are read, not only their norms.</param>
    string? UnsupportedReason(KvSequence sequence, bool readsRows);

    /// <summary>The sequence's keys and values, readable until <see cref="Rewrite"/> or the next decode.</summary>
    KvLayerTensors[] View(KvSequence sequence);

    /// <summary>Keeps the selected tokens of each head in the sequence's first cells, and removes all other cells.</summary>
    /// <param name="sequence">The sequence. The caller updates it.</param>
    /// <param name="view">The result of <see cref="View"/>.</param>
    /// <param name="selection">The tokens that each head keeps; the last one is the newest token, in every head.</param>
    /// <returns>Whether llama.cpp accepted it. If not, the sequence must be removed.</returns>
    bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection);
}
