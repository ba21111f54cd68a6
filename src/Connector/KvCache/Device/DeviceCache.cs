using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.Capture;

namespace CurKv.Connector.KvCache.Device;

/// <summary>The cache's tensors, and what computes on them where they lie. Layers may be spread over devices.</summary>
internal sealed unsafe class DeviceCache : IDisposable
{
    private readonly KvCapture _capture;
    private readonly DevicePart[] _partOf;

    /// <summary>Opens a backend on every device that holds layers.</summary>
    /// <param name="capture">Has found all tensors.</param>
    /// <param name="layers">The number of layers.</param>
    /// <param name="threads">How many threads compute, where the device is the CPU.</param>
    /// <exception cref="LlamaException">A device gives no backend that reaches the tensors.</exception>
    public DeviceCache(KvCapture capture, int layers, int threads)
    {
        _capture = capture;
        _partOf = new DevicePart[layers];
        try
        {
            for (int layer = 0; layer < layers; layer++)
            {
                Assign(layer, threads);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The devices, each with its layers.</summary>
    public List<DevicePart> Parts { get; } = [];

    /// <summary>The device that holds a layer.</summary>
    public DevicePart PartOf(int layer) => _partOf[layer];

    /// <summary>The tensor of a layer's keys, <c>[heads · dimension][cells][streams]</c>.</summary>
    public GgmlTensor* Keys(int layer) => _capture.Keys(layer);

    /// <summary>The tensor of a layer's values, likewise; where they are transposed, it lies as <c>[cells][heads · dimension]</c> in each stream.</summary>
    public GgmlTensor* Values(int layer) => _capture.Values(layer);

    public void Dispose() => Parts.ForEach(part => part.Dispose());

    private void Assign(int layer, int threads)
    {
        nint device = GgmlBackend.DeviceOf(Keys(layer));
        DevicePart? part = Parts.Find(part => part.Backend.Device == device);
        if (part is null)
        {
            part = new DevicePart(GgmlBackend.Open(device, threads));
            Parts.Add(part);
        }

        if (!part.Backend.Reaches(Keys(layer)) || !part.Backend.Reaches(Values(layer)))
        {
            throw new LlamaException($"{part.Backend.Name} does not reach the cache of layer {layer}.");
        }

        part.Layers.Add(layer);
        _partOf[layer] = part;
    }
}
