using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache;

/// <summary>How a context's cache may be reached.</summary>
/// <param name="Observe">Whether to look into the compute graph, for the cache's tensors and the prompt's queries.</param>
/// <param name="DetachHook">Whether to take the hook away again but where queries are observed.</param>
/// <param name="Memory">Where state blobs are held.</param>
internal sealed record KvCacheAccess(bool Observe, bool DetachHook, HostMemory Memory)
{
    /// <summary>The way that costs nothing where the cache lies in the host's memory.</summary>
    public static KvCacheAccess OnHost { get; } = new(Observe: true, DetachHook: false, HostMemory.Plain);
}
