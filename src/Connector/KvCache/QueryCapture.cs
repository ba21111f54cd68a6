using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.KvCache;

/// <summary>
/// Copies the queries of some decoded tokens out of llama.cpp's compute graph: the results of the nodes that rotate them (RoPE),
/// named <c>Qcur-&lt;layer&gt;</c> whatever attention follows. It asks for nodes only while it observes; asking splits the graph.
/// </summary>
internal sealed unsafe class QueryCapture : IEvalHook
{
    private readonly LlamaModelInfo _model;
    private readonly float[]?[] _rows;
    private readonly int[] _counts;
    private readonly bool[] _wanted;
    private int _window;
    private int _rope = -1;

    public QueryCapture(LlamaModelInfo model)
    {
        _model = model;
        _rows = new float[]?[model.Layers];
        _counts = new int[model.Layers];
        _wanted = new bool[model.Layers];
        Array.Fill(_wanted, true);
    }

    /// <summary>Observes these layers only: others keep no cells that could be chosen from.</summary>
    public void Restrict(IReadOnlyList<int> layers)
    {
        for (int i = 0; i < _wanted.Length; i++)
        {
            _wanted[i] = layers.Contains(i);
            _rows[i] = _wanted[i] ? _rows[i] : null;
        }
    }

    /// <summary>Observes the tokens decoded from now on.</summary>
    /// <param name="tokens">How many there will be.</param>
    public void Start(int tokens)
    {
        _window = tokens;
        Array.Clear(_counts);
    }

    /// <summary>Asks for nothing any more.</summary>
    public void Stop() => _window = 0;

    /// <summary>One layer's observed queries; null where fewer tokens were seen than were to be.</summary>
    /// <param name="layer">The layer's number in the model, from 0.</param>
    /// <param name="tokens">How many tokens were to be seen.</param>
    /// <param name="rotation">How the cache rotates keys, so that queries have to be rotated too; null where it does not.</param>
    public KvQueries? Take(int layer, int tokens, HadamardRotation? rotation)
    {
        if (_counts[layer] != tokens)
        {
            return null;
        }

        // As a node has them, a token's heads lie side by side; policies take one head after the other.
        var queries = new float[tokens * RowLength];
        int d = _model.KeyDimension;
        for (int head = 0; head < _model.QueryHeads; head++)
        {
            for (int token = 0; token < tokens; token++)
            {
                Span<float> target = queries.AsSpan(((head * tokens) + token) * d, d);
                _rows[layer].AsSpan((token * RowLength) + (head * d), d).CopyTo(target);
                rotation?.Apply(target);
            }
        }

        return new KvQueries(queries, _model.QueryHeads, tokens, d) { Scale = _model.AttentionScale };
    }

    public bool Ask(GgmlTensor* node) => _window > 0 && Layer(node) >= 0;

    public void Observe(GgmlTensor* node)
    {
        int layer = _window > 0 ? Layer(node) : -1;
        int tokens = (int)node->Extent[2];
        if (layer < 0 || _counts[layer] + tokens > _window)
        {
            return;
        }

        int length = tokens * RowLength;
        float[] rows = Rows(layer);
        fixed (float* target = rows.AsSpan(_counts[layer] * RowLength, length))
        {
            LlamaGaps.ggml_backend_tensor_get(node, target, 0, (nuint)length * sizeof(float));
        }

        _counts[layer] += tokens;
    }

    // Made for the whole window when its first tokens come, and kept: a recurrent layer never needs them.
    private float[] Rows(int layer)
    {
        int length = checked(_window * RowLength);
        return _rows[layer] is { } rows && rows.Length >= length ? rows : _rows[layer] = new float[length];
    }

    private int RowLength => _model.QueryHeads * _model.KeyDimension;

    /// <summary>The layer whose rotated queries a node holds; −1 for other nodes, and for shapes that are not expected.</summary>
    private int Layer(GgmlTensor* node)
    {
        if (_rope < 0 && LlamaGaps.OperationIs(node, "ROPE"u8))
        {
            _rope = node->Operation;
        }

        if (node->Operation != _rope)
        {
            return -1;
        }

        int layer = node->NumberAfter("Qcur-"u8);
        bool expected = layer >= 0 && layer < _rows.Length && _wanted[layer]
            && (KvElementType)node->Type == KvElementType.F32
            && node->Extent[0] == _model.KeyDimension && node->Extent[1] == _model.QueryHeads && node->Extent[3] == 1
            && node->Stride[1] == (ulong)_model.KeyDimension * sizeof(float) && node->Stride[2] == (ulong)RowLength * sizeof(float);
        return expected ? layer : -1;
    }
}
