namespace CurKv.Connector.Engine;

/// <summary>What <c>llama_decode</c> says.</summary>
internal enum DecodeStatus
{
    /// <summary>Computed.</summary>
    Ok = 0,

    /// <summary>The cache has no room; it is as it was before the call.</summary>
    NoKvSlot = 1,

    /// <summary>Aborted by the abort callback.</summary>
    Aborted = 2,

    /// <summary>A bad token, position or sequence.</summary>
    InvalidBatch = -1,
}
