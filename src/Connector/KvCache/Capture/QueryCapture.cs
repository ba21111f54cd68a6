using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>
/// Copies the queries of decoded tokens out of llama.cpp's compute graph. It asks for nodes only while it observes, because asking
/// splits the graph. Which nodes to ask for is learned from earlier graphs.
/// </summary>
internal sealed unsafe class QueryCapture : IEvalHook
{
    private readonly LlamaModelInfo _model;
    private readonly float[]?[] _rows;
    private readonly int[] _counts;
    private readonly bool[] _wanted;
    private readonly QueryNodes _nodes;
    private bool _learns = true;
    private int _window;

    public QueryCapture(LlamaModelInfo model)
    {
        _model = model;
        _nodes = new QueryNodes(model);
        _rows = new float[]?[model.Layers];
        _counts = new int[model.Layers];
        _wanted = new bool[model.Layers];
        Array.Fill(_wanted, true);
    }

    /// <summary>Ends the learning, and observes only these layers: others have no cells to select from.</summary>
    public void Restrict(IReadOnlyList<int> layers)
    {
        _learns = false;
        for (int i = 0; i < _wanted.Length; i++)
        {
            _wanted[i] = layers.Contains(i);
            _rows[i] = _wanted[i] ? _rows[i] : null;
        }
    }

    /// <summary>Observes the tokens decoded from now on.</summary>
    /// <param name="tokens">The number of tokens.</param>
    public void Start(int tokens)
    {
        _window = tokens;
        Array.Clear(_counts);
    }

    /// <summary>Stops asking for nodes.</summary>
    public void Stop() => _window = 0;

    /// <summary>Releases the memory of the queries.</summary>
    public void Release() => Array.Clear(_rows);

    /// <summary>One layer's observed queries; null if not all of the tokens were observed.</summary>
    /// <param name="layer">The model's layer index.</param>
    /// <param name="tokens">The number of tokens that should have been observed.</param>
    /// <param name="rotation">How the cache rotates keys, so that queries must be rotated too; null if it does not.</param>
    public KvQueries? Take(int layer, int tokens, HadamardRotation? rotation)
    {
        if (_counts[layer] != tokens)
        {
            return null;
        }

        // A node stores a token's heads side by side; policies expect one head after the other.
        var queries = new float[tokens * _nodes.RowLength];
        int d = _model.KeyDimension;
        for (int head = 0; head < _model.QueryHeads; head++)
        {
            for (int token = 0; token < tokens; token++)
            {
                Span<float> target = queries.AsSpan(((head * tokens) + token) * d, d);
                _rows[layer].AsSpan((token * _nodes.RowLength) + (head * d), d).CopyTo(target);
                rotation?.Apply(target);
            }
        }

        return new KvQueries(queries, _model.QueryHeads, tokens, d) { Scale = _model.AttentionScale };
    }

    /// <summary>How a layer rotates queries and keys, if it uses plain RoPE; null if it does not rotate them, or in another way.</summary>
    public RotaryEmbedding? Rotary(int layer) => _nodes.Rotary(layer);

    public bool Ask(GgmlTensor* node)
    {
        if (_window > 0)
        {
            return Layer(node) >= 0;
        }

        if (_learns)
        {
            _nodes.Learn(node);
        }

        return false;
    }

    public void Observe(GgmlTensor* node)
    {
        int layer = _window > 0 ? Layer(node) : -1;
        int tokens = (int)node->Extent[2];
        if (layer < 0 || _counts[layer] + tokens > _window)
        {
            return;
        }

        int length = tokens * _nodes.RowLength;
        float[] rows = Rows(layer);
        fixed (float* target = rows.AsSpan(_counts[layer] * _nodes.RowLength, length))
        {
            LlamaGaps.ggml_backend_tensor_get(node, target, 0, (nuint)length * sizeof(float));
        }

        _counts[layer] += tokens;
    }

    // Allocated for the whole window at its first tokens, and kept. A recurrent layer never needs them.
    private float[] Rows(int layer)
    {
        int length = checked(_window * _nodes.RowLength);
        return _rows[layer] is { } rows && rows.Length >= length ? rows : _rows[layer] = new float[length];
    }

    private int Layer(GgmlTensor* node)
    {
        int layer = _nodes.Layer(node);
        return layer >= 0 && _wanted[layer] ? layer : -1;
    }
}
