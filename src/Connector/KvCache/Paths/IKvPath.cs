using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.Paths;

/// <summary>A way to read a sequence's cells and to leave only the selected ones. All ways end in the same bytes.</summary>
internal interface IKvPath
{
    /// <summary>Which way it is.</summary>
    KvRewritePath Kind { get; }

    /// <summary>Why this way cannot be taken with a sequence as it lies now; null where it can.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="readsRows">Whether keys or values are read off the view, not only their norms.</param>
    string? Obstacle(KvSequence sequence, bool readsRows);

    /// <summary>The sequence's keys and values, readable until <see cref="Rewrite"/> or the next decode.</summary>
    KvLayerTensors[] View(KvSequence sequence);

    /// <summary>Leaves the selected tokens of each head in the sequence's first cells, and no other cell.</summary>
    /// <param name="sequence">The sequence; the caller notes what is left.</param>
    /// <param name="view">What <see cref="View"/> gave.</param>
    /// <param name="selection">The tokens that each head keeps; the last one is the newest token, in every head.</param>
    /// <returns>Whether llama.cpp took it; if not, the sequence has to be removed.</returns>
    bool Rewrite(KvSequence sequence, KvLayerTensors[] view, KvSelection selection);
}
