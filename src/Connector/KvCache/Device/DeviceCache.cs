using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.Capture;

namespace CurKv.Connector.KvCache.Device;

/// <summary>The cache's tensors, and the devices that compute on them. Layers may be spread over several devices.</summary>
internal sealed unsafe class DeviceCache : IDisposable
{
    private readonly KvCapture _capture;
    private readonly DevicePart[] _partOf;

    /// <summary>Opens a backend on every device that holds layers.</summary>
    /// <param name="capture">Has found all tensors.</param>
    /// <param name="layers">The number of layers.</param>
    /// <param name="threads">The number of threads, if the device is the CPU.</param>
    /// <exception cref="LlamaException">A device has no backend that can access the tensors.</exception>
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

    /// <summary>The tensor of a layer's values, likewise. Transposed values are stored as <c>[cells][heads · dimension]</c> in each stream.</summary>
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
            throw new LlamaException($"{part.Backend.Name} cannot access the cache of layer {layer}.");
        }

        part.Layers.Add(layer);
        _partOf[layer] = part;
    }
}
