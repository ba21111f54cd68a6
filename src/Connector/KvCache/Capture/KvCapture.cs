using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>
/// Finds the cache's own tensors in llama.cpp's compute graph and remembers them: they stay valid for the context's life, and on
/// the CPU their data is readable where it lies. It asks for no node, so it costs nothing measurable there.
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
    /// <param name="layers">The number of the model's layers, with and without cells.</param>
    public KvCapture(int layers)
    {
        _keys = new GgmlTensor*[layers];
        _values = new GgmlTensor*[layers];
        _lastCells = new long[layers];
        Array.Fill(_lastCells, -1);
    }

    /// <summary>Whether the base block's keys and values were seen, in memory that this process can read.</summary>
    public bool IsComplete => _base.Length > 0 && _base.All(layer => IsHost(_keys[layer]) && IsHost(_values[layer]));

    /// <summary>Whether the base block's keys and values were seen, wherever they lie.</summary>
    public bool IsFound => _base.Length > 0 && _base.All(layer => _keys[layer] != null && _values[layer] != null);

    /// <summary>Whether some of the base block's tensors lie where only a GPU reads them.</summary>
    public bool IsOnDevice => IsFound && !IsComplete;

    /// <summary>How keys are rotated on their way into the base block; null where they are not.</summary>
    public HadamardRotation? KeyRotation { get; private set; }

    /// <summary>How values are rotated on their way into the base block; null where they are not.</summary>
    public HadamardRotation? ValueRotation { get; private set; }

    /// <summary>The base block's cell, counted over all streams, that holds the newest token; −1 where it was not seen.</summary>
    public long LastCell => _base.Length > 0 ? _lastCells[_base[0]] : -1;

    /// <summary>The cell that a sequence's newest token has if its tokens lie in order from the stream's first cell on.</summary>
    public long ExpectedLastCell(int sequence, int cells) => (sequence * _keys[_base[0]]->Extent[1]) + cells - 1;

    /// <summary>Notes that the newest cells were removed: those before them are where they were.</summary>
    public void NoteRemoved(int cells)
    {
        foreach (int layer in _base)
        {
            _lastCells[layer] -= cells;
        }
    }

    /// <summary>
    /// Finds the layers of a blob's base block among those that were seen: the caches of all layers have names of one kind, so that
    /// only what lies in them tells which are in the block.
    /// </summary>
    /// <param name="blob">The blob of sequence 0, whose tokens lie in order from the first cell on.</param>
    /// <returns>Each block layer's number in the model, ascending; null where one was not found.</returns>
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

    /// <summary>Ends the search: the capture is of these layers from now on.</summary>
    /// <param name="layers">The base block's layers; empty where they are not known.</param>
    /// <param name="model">The model, whose dimensions tell the block's rotations from those of other layers.</param>
    public void Settle(IReadOnlyList<int> layers, LlamaModelInfo model)
    {
        _settled = true;
        _base = [.. layers];
        KeyRotation = Widest(_keyRotations, model.KeyDimension);
        ValueRotation = Widest(_valueRotations, model.ValueDimension);
    }

    /// <summary>The tensor of a base block's layer's keys.</summary>
    public GgmlTensor* Keys(int layer) => _keys[_base[layer]];

    /// <summary>The tensor of a base block's layer's values.</summary>
    public GgmlTensor* Values(int layer) => _values[_base[layer]];

    /// <summary>Copies a row out of a tensor, wherever it lies.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="shape">A sequence's rows in it, as <see cref="View"/> gives them.</param>
    /// <param name="row">Which row: a cell's or, where they lie channel by channel, a channel's.</param>
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

    /// <summary>The base block's keys and values of a sequence whose tokens lie in order from its stream's first cell on.</summary>
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

            // Transposed values keep the tensor's shape, but lie as [channel][cell].
            KvTensor valueTensor = format.ValuesTransposed
                ? new KvTensor(valueData, (KvElementType)values->Type, KvLayout.ChannelMajor, cells, heads, valueDimension, (nint)values->Extent[1] * KvTensor.SliceBytesOf((KvElementType)values->Type, 1))
                : new KvTensor(valueData, (KvElementType)values->Type, KvLayout.TokenMajor, cells, heads, valueDimension, (nint)values->Stride[1]);
            view[i] = new KvLayerTensors(keyTensor, valueTensor);
        }

        return view;
    }

    private void Look(GgmlTensor* tensor)
    {
        // The persistent tensors are no views; those that a graph makes of them are.
        if (tensor == null || tensor->ViewSource != null)
        {
            return;
        }

        Note(_keys, tensor, tensor->NumberAfter("cache_k_l"u8));
        Note(_values, tensor, tensor->NumberAfter("cache_v_l"u8));

        // The matrices themselves are inputs of the graph; their names tell what they are for. A sliding window's have the same.
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

    // llama.cpp rotates runs of the largest size that divides a head's dimension.
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

    // Rows are compared where they lie in the first cells, on a device too.
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
