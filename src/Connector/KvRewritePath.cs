namespace CurKv.Connector;

/// <summary>How a sequence's cells are read and rewritten. All paths leave the same bytes.</summary>
public enum KvRewritePath
{
    /// <summary>Scores and moves rows on the device that holds the cache: only norms and the newest token's cell are copied to the host.</summary>
    Device,

    /// <summary>Scores the live cache and moves the kept rows within it: only the newest token's cell is copied.</summary>
    InPlace,

    /// <summary>Scores the live cache and restores a compacted copy, which holds the kept rows only.</summary>
    Compact,

    /// <summary>Copies the whole sequence out of llama.cpp, scores it, and restores a compacted copy. Works for every cache.</summary>
    State,
}
