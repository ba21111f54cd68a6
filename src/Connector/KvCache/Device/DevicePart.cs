using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.Device;

/// <summary>One device, and the layers that it holds. Its graph is used by one thread at a time: work of several threads goes through <see cref="Queue"/>.</summary>
internal sealed unsafe class DevicePart(GgmlBackend backend) : IDisposable
{
    private bool? _computesHalves;

    /// <summary>The device's backend.</summary>
    public GgmlBackend Backend => backend;

    /// <summary>The graph, which all computations on the device share together with its memory.</summary>
    public GgmlGraph Graph { get; } = new(backend);

    /// <summary>The graphs' inputs other than the cache.</summary>
    public DeviceConstants Constants { get; } = new(backend);

    /// <summary>The layers, ascending.</summary>
    public List<int> Layers { get; } = [];

    /// <summary>Runs the work of several threads on the graph.</summary>
    public DeviceQueue Queue { get; } = new(backend.Name);

    /// <summary>Whether the device supports RoPE, transposition and matrix products of half floats. The first access clears the graph.</summary>
    public bool ComputesHalves => _computesHalves ??= ProbeHalves();

    public void Dispose()
    {
        Queue.Dispose();
        Graph.Dispose();
        Constants.Dispose();
        backend.Dispose();
    }

    private bool ProbeHalves()
    {
        const int Rows = 64;
        Graph.Start(16);
        nint context = Graph.Context;
        GgmlTensor* halves = GgmlGaps.ggml_new_tensor_2d(context, GgmlGaps.Float16, Rows, Rows);
        GgmlTensor* positions = GgmlGaps.ggml_new_tensor_2d(context, GgmlGaps.Int32, Rows, 1);
        GgmlTensor* rows = GgmlGaps.ggml_reshape_3d(context, halves, Rows, 1, Rows);
        return Graph.CanCompute(GgmlGaps.ggml_rope_ext_back(context, rows, positions, null, Rows, 0, 0, 10000, 1, 0, 1, 32, 1))
            && Graph.CanCompute(GgmlGaps.ggml_cont(context, GgmlGaps.ggml_transpose(context, halves)))
            && Graph.CanCompute(GgmlGaps.ggml_mul_mat(context, halves, halves));
    }
}
