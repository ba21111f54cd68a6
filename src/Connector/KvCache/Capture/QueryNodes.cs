using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>
/// Finds the node of llama.cpp's compute graph that holds each layer's queries as they are multiplied with the keys. Several nodes are
/// named <c>Qcur-&lt;layer&gt;</c>: the right one is that which applies RoPE or, in layers without positions, the only one that is split
/// into heads. One complete graph shows which layers apply RoPE, and how.
/// </summary>
internal sealed unsafe class QueryNodes(LlamaModelInfo model)
{
    private readonly bool[] _rotates = new bool[model.Layers];
    private readonly RotaryEmbedding?[] _rotary = new RotaryEmbedding?[model.Layers];
    private readonly int[] _unrotated = new int[model.Layers];
    private bool _hasOtherRotations;
    private int _rope = -1;

    /// <summary>Elements of all heads' queries of one token.</summary>
    public int RowLength => model.QueryHeads * model.KeyDimension;

    /// <summary>Learns from a node of the graph.</summary>
    public void Learn(GgmlTensor* node)
    {
        int layer = Named(node);
        if (!IsRope(node))
        {
            _ = layer >= 0 && HasHeads(node) ? _unrotated[layer]++ : 0;
            return;
        }

        int rotated = layer >= 0 ? layer : LayerAfter(node, "Kcur-"u8);
        if (rotated < 0)
        {
            _hasOtherRotations = true;
            return;
        }

        _rotates[rotated] = true;
        _rotary[rotated] = layer >= 0 ? Rotary(node) : _rotary[rotated];
    }

    /// <summary>The layer whose queries a node holds; −1 for other nodes, and for unexpected shapes.</summary>
    public int Layer(GgmlTensor* node)
    {
        int layer = Named(node);
        return layer >= 0 && HasHeads(node) && (_rotates[layer] ? IsRope(node) : IsUnrotated(layer)) ? layer : -1;
    }

    /// <summary>How a layer rotates, if it uses plain RoPE; null if it does not rotate, or in another way.</summary>
    public RotaryEmbedding? Rotary(int layer) => _rotates[layer] ? _rotary[layer] : IsUnrotated(layer) ? null : model.Rotary;

    // If something is rotated under another name, it may be these queries.
    private bool IsUnrotated(int layer) => !_rotates[layer] && _unrotated[layer] == 1 && !_hasOtherRotations;

    private int Named(GgmlTensor* node) => LayerAfter(node, "Qcur-"u8);

    private int LayerAfter(GgmlTensor* node, ReadOnlySpan<byte> prefix)
    {
        int layer = node->NumberAfter(prefix);
        return layer < model.Layers ? layer : -1;
    }

    private bool IsRope(GgmlTensor* node)
    {
        if (_rope < 0 && LlamaGaps.OperationIs(node, "ROPE"u8))
        {
            _rope = node->Operation;
        }

        return node->Operation == _rope;
    }

    private bool HasHeads(GgmlTensor* node) =>
        (KvElementType)node->Type == KvElementType.F32
        && node->Extent[0] == model.KeyDimension && node->Extent[1] == model.QueryHeads && node->Extent[3] == 1
        && node->Stride[1] == (ulong)model.KeyDimension * sizeof(float) && node->Stride[2] == (ulong)RowLength * sizeof(float);

    // The parameters of ggml_rope_ext: dimensions and mode at 1 and 2; base, scale, extrapolation and magnitude from 5 on. A third
    // source scales individual frequencies.
    private static RotaryEmbedding? Rotary(GgmlTensor* node)
    {
        const int Norm = 0;
        const int Neox = 2;
        (int dimensions, int mode) = (node->Parameters[1], node->Parameters[2]);
        bool isPlain = mode is Norm or Neox && node->Source(2) == null
            && node->RealParameter(6) == 1 && node->RealParameter(7) == 0 && node->RealParameter(8) == 1;
        return isPlain && dimensions >= 2 && dimensions % 2 == 0 && dimensions <= node->Extent[0]
            ? new RotaryEmbedding(node->RealParameter(5), dimensions, mode == Norm)
            : null;
    }
}
