using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache;

/// <summary>How a context's cache can be accessed.</summary>
/// <param name="Observe">Whether to set an eval hook that finds the cache's tensors and the prompt's queries in the compute graph.</param>
/// <param name="DetachHook">Whether to detach the hook except while queries are observed.</param>
/// <param name="Memory">Where state blobs are allocated.</param>
internal sealed record KvCacheAccess(bool Observe, bool DetachHook, HostMemory Memory)
{
    /// <summary>For a cache in host memory, where an eval hook costs nothing.</summary>
    public static KvCacheAccess OnHost { get; } = new(Observe: true, DetachHook: false, HostMemory.Plain);
}
