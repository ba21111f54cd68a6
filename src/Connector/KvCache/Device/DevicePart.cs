using CurKv.Connector.Engine;

namespace CurKv.Connector.KvCache;

/// <summary>One device, and the layers that it holds. Its graph is one thread's at a time: whoever uses it locks <see cref="Gate"/>.</summary>
internal sealed class DevicePart(GgmlBackend backend) : IDisposable
{
    /// <summary>What computes on the device.</summary>
    public GgmlBackend Backend => backend;

    /// <summary>The graph that all computations on the device share, so that they share its memory.</summary>
    public GgmlGraph Graph { get; } = new(backend);

    /// <summary>The layers, ascending.</summary>
    public List<int> Layers { get; } = [];

    /// <summary>Held while the graph is used.</summary>
    public Lock Gate { get; } = new();

    public void Dispose()
    {
        Graph.Dispose();
        backend.Dispose();
    }
}
