using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Finds the cache's own tensors in llama.cpp's compute graph and remembers them: they stay valid for the context's life, and on
/// the CPU their data is readable where it lies. It asks for no node, so it costs nothing measurable there.
/// </summary>
internal sealed unsafe class KvCapture : IEvalHook
{
    private readonly GgmlTensor*[] _keys;
    private readonly GgmlTensor*[] _values;
    private int _found;
    private int _setRows = -1;

    public KvCapture(int layers)
    {
        _keys = new GgmlTensor*[layers];
        _values = new GgmlTensor*[layers];
    }

    /// <summary>Whether every layer's keys and values were seen, in memory that this process can read.</summary>
    public bool IsComplete
    {
        get
        {
            // Some layers may lie on a GPU, and others not.
            bool isComplete = _found == 2 * _keys.Length;
            for (int i = 0; i < _keys.Length && isComplete; i++)
            {
                isComplete = LlamaGaps.ggml_backend_buffer_is_host(_keys[i]->Buffer) && LlamaGaps.ggml_backend_buffer_is_host(_values[i]->Buffer);
            }

            return isComplete;
        }
    }

    /// <summary>Whether every layer's keys and values were seen, wherever they lie.</summary>
    public bool IsFound => _found == 2 * _keys.Length;

    /// <summary>Whether some of the tensors lie where only a GPU reads them.</summary>
    public bool IsOnDevice => IsFound && !IsComplete;

    /// <summary>How keys are rotated on their way into the cache; null where they are not.</summary>
    public HadamardRotation? KeyRotation { get; private set; }

    /// <summary>How values are rotated on their way into the cache; null where they are not.</summary>
    public HadamardRotation? ValueRotation { get; private set; }

    /// <summary>The cell, counted over all streams, that holds the newest token; −1 where it was not seen.</summary>
    public long LastCell { get; private set; } = -1;

    /// <summary>The cell that a sequence's newest token has if its tokens lie in order from the stream's first cell on.</summary>
    public long ExpectedLastCell(int sequence, int cells) => (sequence * _keys[0]->Extent[1]) + cells - 1;

    /// <summary>The tensor of a layer's keys.</summary>
    public GgmlTensor* Keys(int layer) => _keys[layer];

    /// <summary>The tensor of a layer's values.</summary>
    public GgmlTensor* Values(int layer) => _values[layer];

    public bool Ask(GgmlTensor* node)
    {
        if (_found < 2 * _keys.Length)
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

    /// <summary>The keys and values of a sequence whose tokens lie in order from its stream's first cell on.</summary>
    /// <param name="sequence">The sequence, which is also its stream.</param>
    /// <param name="cells">The number of its cells.</param>
    /// <param name="format">The context's format.</param>
    /// <param name="heads">The number of KV heads.</param>
    /// <param name="keyDimension">Elements in one head's key.</param>
    /// <param name="valueDimension">Elements in one head's value.</param>
    public KvLayerTensors[] View(int sequence, int cells, KvStateFormat format, int heads, int keyDimension, int valueDimension)
    {
        var view = new KvLayerTensors[_keys.Length];
        for (int i = 0; i < _keys.Length; i++)
        {
            GgmlTensor* keys = _keys[i];
            GgmlTensor* values = _values[i];
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

    /// <summary>Copies a row out of a tensor, wherever it lies.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="shape">A sequence's rows in it, as <see cref="View"/> gives them.</param>
    /// <param name="row">Which row: a cell's or, where they lie channel by channel, a channel's.</param>
    /// <param name="bytes">Receives as many of the row's bytes as fit.</param>
    public void ReadRow(GgmlTensor* tensor, in KvTensor shape, int row, Span<byte> bytes)
    {
        fixed (byte* destination = bytes)
        {
            nuint offset = (nuint)(shape.Data - tensor->Data) + ((nuint)row * (nuint)shape.RowBytes);
            LlamaGaps.ggml_backend_tensor_get(tensor, destination, offset, (nuint)bytes.Length);
        }
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

        // The matrices themselves are inputs of the graph; their names tell what they are for.
        KeyRotation ??= Rotation(tensor, "attn_inp_k_rot"u8);
        ValueRotation ??= Rotation(tensor, "attn_inp_v_rot"u8);
    }

    private static HadamardRotation? Rotation(GgmlTensor* tensor, ReadOnlySpan<byte> name) =>
        tensor->IsNamed(name) ? new HadamardRotation((int)tensor->Extent[0]) : null;

    private void Note(GgmlTensor*[] tensors, GgmlTensor* tensor, int layer)
    {
        if (layer >= 0 && layer < tensors.Length && tensors[layer] == null)
        {
            tensors[layer] = tensor;
            _found++;
        }
    }

    // New keys are scattered by SET_ROWS, whose second source holds the cells.
    private void NoteCell(GgmlTensor* node)
    {
        if (_keys[0] == null || node->ViewSource != _keys[0])
        {
            return;
        }

        if (_setRows < 0 && LlamaGaps.OperationIs(node, "SET_ROWS"u8))
        {
            _setRows = node->Operation;
        }

        if (node->Operation == _setRows && LlamaGaps.ggml_backend_buffer_is_host(node->Source(1)->Buffer))
        {
            GgmlTensor* cells = node->Source(1);
            LastCell = ((long*)cells->Data)[cells->Extent[0] - 1];
        }
    }
}
