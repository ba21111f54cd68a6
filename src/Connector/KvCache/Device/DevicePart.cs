using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.Device;

/// <summary>One device, and the layers that it holds. Its graph is one thread's at a time: what several threads want of it goes through <see cref="Queue"/>.</summary>
internal sealed unsafe class DevicePart(GgmlBackend backend) : IDisposable
{
    private bool? _computesHalves;

    /// <summary>What computes on the device.</summary>
    public GgmlBackend Backend => backend;

    /// <summary>The graph that all computations on the device share, so that they share its memory.</summary>
    public GgmlGraph Graph { get; } = new(backend);

    /// <summary>What the graphs read beside the cache.</summary>
    public DeviceConstants Constants { get; } = new(backend);

    /// <summary>The layers, ascending.</summary>
    public List<int> Layers { get; } = [];

    /// <summary>Does what several threads want of the graph.</summary>
    public DeviceQueue Queue { get; } = new(backend.Name);

    /// <summary>Whether the device turns, transposes and multiplies half floats. Asking empties the graph.</summary>
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
