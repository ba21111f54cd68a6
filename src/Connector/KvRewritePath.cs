namespace CurKv.Connector;

/// <summary>How a sequence's cells were read and rewritten. All paths end in the same bytes.</summary>
public enum KvRewritePath
{
    /// <summary>Scores and moves rows on the device that holds them: only norms and the newest token's cell are copied.</summary>
    Device,

    /// <summary>Scores on the live cache, and moves the kept rows within it: only the newest token's cell is copied.</summary>
    InPlace,

    /// <summary>Scores on the live cache, and copies the kept rows only.</summary>
    Craft,

    /// <summary>Copies the whole sequence out of llama.cpp first: works wherever the cache lies.</summary>
    State,
}
