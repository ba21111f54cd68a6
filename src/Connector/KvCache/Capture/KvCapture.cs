using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>
/// Finds the cache's tensors in llama.cpp's compute graph and remembers them: they stay valid for the context's lifetime, and on
/// the CPU their data can be read in place. It asks for no node, so it costs nothing measurable there.
/// </summary>
internal sealed unsafe class KvCapture : IEvalHook
{
    private readonly GgmlTensor*[] _keys;
    private readonly GgmlTensor*[] _values;
    private readonly long[] _lastCells;
    private readonly SortedSet<int> _keyRotations = [];
    private readonly SortedSet<int> _valueRotations = [];
    private int[] _base = [];
    private bool _settled;
    private int _setRows = -1;

    /// <summary>Creates a capture that has seen nothing yet.</summary>
    /// <param name="layers">The number of the model's layers, including those without cells.</param>
    public KvCapture(int layers)
    {
        _keys = new GgmlTensor*[layers];
        _values = new GgmlTensor*[layers];
        _lastCells = new long[layers];
        Array.Fill(_lastCells, -1);
    }

    /// <summary>Whether the base block's keys and values were found, in host memory.</summary>
    public bool IsComplete => _base.Length > 0 && _base.All(layer => IsHost(_keys[layer]) && IsHost(_values[layer]));

    /// <summary>Whether the base block's keys and values were found, on any device.</summary>
    public bool IsFound => _base.Length > 0 && _base.All(layer => _keys[layer] != null && _values[layer] != null);

    /// <summary>Whether some of the base block's tensors are in device memory.</summary>
    public bool IsOnDevice => IsFound && !IsComplete;

    /// <summary>How keys are rotated before they are stored in the base block; null if they are not.</summary>
    public HadamardRotation? KeyRotation { get; private set; }

    /// <summary>How values are rotated before they are stored in the base block; null if they are not.</summary>
    public HadamardRotation? ValueRotation { get; private set; }

    /// <summary>The base block's cell, counted over all streams, that holds the newest token; −1 if it was not seen.</summary>
    public long LastCell => _base.Length > 0 ? _lastCells[_base[0]] : -1;

    /// <summary>The cell of a sequence's newest token if its tokens are in order from the stream's first cell on.</summary>
    public long ExpectedLastCell(int sequence, int cells) => (sequence * _keys[_base[0]]->Extent[1]) + cells - 1;

    /// <summary>Records that the newest cells were removed. The cells before them have not moved.</summary>
    public void NoteRemoved(int cells)
    {
        foreach (int layer in _base)
        {
            _lastCells[layer] -= cells;
        }
    }

    /// <summary>
    /// Finds the layers of a blob's base block among those that were seen. The tensor names do not tell which layers are in the block,
    /// so the contents are compared.
    /// </summary>
    /// <param name="blob">The blob of sequence 0, whose tokens are in order from the first cell on.</param>
    /// <returns>The model's layer index of each layer in the block, ascending; null if one was not found.</returns>
    public IReadOnlyList<int>? Find(KvStateBlob blob)
    {
        int[] found = new int[blob.Format.Layers.Count];
        int layer = 0;
        for (int i = 0; i < found.Length; i++)
        {
            while (layer < _keys.Length && !HoldsKeys(_keys[layer], blob, i))
            {
                layer++;
            }

            if (layer == _keys.Length)
            {
                return null;
            }

            found[i] = layer++;
        }

        return found;
    }

    /// <summary>Ends the search. From now on the capture covers these layers.</summary>
    /// <param name="layers">The base block's layers; empty if they are unknown.</param>
    /// <param name="model">The model. Its dimensions distinguish the block's rotations from those of other layers.</param>
    public void Settle(IReadOnlyList<int> layers, LlamaModelInfo model)
    {
        _settled = true;
        _base = [.. layers];
        KeyRotation = Widest(_keyRotations, model.KeyDimension);
        ValueRotation = Widest(_valueRotations, model.ValueDimension);
    }

    /// <summary>The key tensor of a layer in the base block.</summary>
    public GgmlTensor* Keys(int layer) => _keys[_base[layer]];

    /// <summary>The value tensor of a layer in the base block.</summary>
    public GgmlTensor* Values(int layer) => _values[_base[layer]];

    /// <summary>Copies a row out of a tensor on any device.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="shape">A sequence's rows in it, as returned by <see cref="View"/>.</param>
    /// <param name="row">The row: that of a cell or, in channel-major layout, that of a channel.</param>
    /// <param name="bytes">Receives as many of the row's bytes as fit.</param>
    public static void ReadRow(GgmlTensor* tensor, in KvTensor shape, int row, Span<byte> bytes)
    {
        fixed (byte* destination = bytes)
        {
            nuint offset = (nuint)(shape.Data - tensor->Data) + ((nuint)row * (nuint)shape.RowBytes);
            LlamaGaps.ggml_backend_tensor_get(tensor, destination, offset, (nuint)bytes.Length);
        }
    }

    public bool Ask(GgmlTensor* node)
    {
        if (!_settled)
        {
            for (int i = 0; i < GgmlTensor.MaxSources; i++)
            {
                GgmlTensor* source = node->Source(i);
                Look(source);
                Look(source == null ? null : source->ViewSource);
            }
        }

        NoteCell(node);
        return false;
    }

    public void Observe(GgmlTensor* node)
    {
    }

    /// <summary>The base block's keys and values of a sequence whose tokens are in order from its stream's first cell on.</summary>
    /// <param name="sequence">The sequence, which is also its stream.</param>
    /// <param name="cells">The number of its cells.</param>
    /// <param name="format">The context's format.</param>
    /// <param name="heads">The number of KV heads.</param>
    /// <param name="keyDimension">Elements in one head's key.</param>
    /// <param name="valueDimension">Elements in one head's value.</param>
    public KvLayerTensors[] View(int sequence, int cells, KvStateFormat format, int heads, int keyDimension, int valueDimension)
    {
        var view = new KvLayerTensors[_base.Length];
        for (int i = 0; i < view.Length; i++)
        {
            GgmlTensor* keys = _keys[_base[i]];
            GgmlTensor* values = _values[_base[i]];
            byte* keyData = keys->Data + ((nint)sequence * (nint)keys->Stride[2]);
            byte* valueData = values->Data + ((nint)sequence * (nint)values->Stride[2]);
            var keyTensor = new KvTensor(keyData, (KvElementType)keys->Type, KvLayout.TokenMajor, cells, heads, keyDimension, (nint)keys->Stride[1]);

            // Transposed values keep the tensor's shape, but are stored as [channel][cell].
            KvTensor valueTensor = format.ValuesTransposed
                ? new KvTensor(valueData, (KvElementType)values->Type, KvLayout.ChannelMajor, cells, heads, valueDimension, (nint)values->Extent[1] * KvTensor.SliceBytesOf((KvElementType)values->Type, 1))
                : new KvTensor(valueData, (KvElementType)values->Type, KvLayout.TokenMajor, cells, heads, valueDimension, (nint)values->Stride[1]);
            view[i] = new KvLayerTensors(keyTensor, valueTensor);
        }

        return view;
    }

    private void Look(GgmlTensor* tensor)
    {
        // The persistent tensors are not views; the graph's own tensors over them are.
        if (tensor == null || tensor->ViewSource != null)
        {
            return;
        }

        Note(_keys, tensor, tensor->NumberAfter("cache_k_l"u8));
        Note(_values, tensor, tensor->NumberAfter("cache_v_l"u8));

        // The rotation matrices are inputs of the graph, identified by name. Those of a sliding window have the same names.
        NoteRotation(_keyRotations, tensor, "attn_inp_k_rot"u8);
        NoteRotation(_valueRotations, tensor, "attn_inp_v_rot"u8);
    }

    private static bool IsHost(GgmlTensor* tensor) => tensor != null && LlamaGaps.ggml_backend_buffer_is_host(tensor->Buffer);

    private static void NoteRotation(SortedSet<int> sizes, GgmlTensor* tensor, ReadOnlySpan<byte> name)
    {
        if (tensor->IsNamed(name))
        {
            sizes.Add((int)tensor->Extent[0]);
        }
    }

    // llama.cpp rotates runs of the largest size that divides the head dimension.
    private static HadamardRotation? Widest(SortedSet<int> sizes, int dimension)
    {
        int size = sizes.LastOrDefault(candidate => dimension % candidate == 0);
        return size > 0 ? new HadamardRotation(size) : null;
    }

    private static void Note(GgmlTensor*[] tensors, GgmlTensor* tensor, int layer)
    {
        if (layer >= 0 && layer < tensors.Length && tensors[layer] == null)
        {
            tensors[layer] = tensor;
        }
    }

    // Compares the rows in the first cells, on a device too.
    private static bool HoldsKeys(GgmlTensor* keys, KvStateBlob blob, int layer)
    {
        KvLayerFormat format = blob.Format.Layers[layer];
        if (keys == null || (KvElementType)keys->Type != format.KeyType || (long)keys->Stride[1] != format.KeyRowBytes || keys->Extent[1] < blob.Cells)
        {
            return false;
        }

        byte[] rows = new byte[blob.Cells * format.KeyRowBytes];
        fixed (byte* target = rows)
        {
            LlamaGaps.ggml_backend_tensor_get(keys, target, 0, (nuint)rows.Length);
        }

        return blob.Keys(layer).SequenceEqual(rows);
    }

    // New keys are scattered by SET_ROWS, whose second source holds the cells.
    private void NoteCell(GgmlTensor* node)
    {
        GgmlTensor* target = node->ViewSource;
        if (target == null)
        {
            return;
        }

        if (_setRows < 0 && LlamaGaps.OperationIs(node, "SET_ROWS"u8))
        {
            _setRows = node->Operation;
        }

        if (node->Operation != _setRows)
        {
            return;
        }

        GgmlTensor* cells = node->Source(1);
        int layer = target->NumberAfter("cache_k_l"u8);
        if (layer >= 0 && layer < _lastCells.Length && LlamaGaps.ggml_backend_buffer_is_host(cells->Buffer))
        {
            _lastCells[layer] = ((long*)cells->Data)[cells->Extent[0] - 1];
        }
    }
}
