namespace CurKv.KvPolicy.Diagnostics;

/// <summary>What a selection loses, per layer and KV head.</summary>
/// <remarks>Made by <see cref="KvDiagnostics"/>. Immutable and safe to read from several threads.</remarks>
public sealed class KvEvictionLoss
{
    private readonly KvHeadLoss[] _losses;
    private readonly double[] _layerErrors;

    internal KvEvictionLoss(int heads, KvHeadLoss[] losses, double[] layerErrors)
    {
        Heads = heads;
        _losses = losses;
        _layerErrors = layerErrors;
    }

    /// <summary>The number of layers.</summary>
    public int Layers => _layerErrors.Length;

    /// <summary>The number of KV heads in each layer.</summary>
    public int Heads { get; }

    /// <summary>The share of attention that is retained, on average over all heads of all layers.</summary>
    public double MeanRetainedMass => _losses.Average(loss => loss.RetainedMass);

    /// <summary>The share of attention that the head retains which loses most.</summary>
    public double MinRetainedMass => _losses.Min(loss => loss.RetainedMass);

    /// <summary>The relative error of the outputs, on average over all heads of all layers.</summary>
    public double MeanOutputError => _losses.Average(loss => loss.OutputError);

    /// <summary>The relative error of the head whose outputs move most.</summary>
    public double MaxOutputError => _losses.Max(loss => loss.OutputError);

    /// <summary>What one head loses.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="head">The KV head, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer or head.</exception>
    public KvHeadLoss this[int layer, int head]
    {
        get
        {
            CheckIndex(layer, Layers, nameof(layer));
            CheckIndex(head, Heads, nameof(head));
            return _losses[(layer * Heads) + head];
        }
    }

    /// <summary>The relative error of all heads' outputs together, as the layer's output weights receive them side by side.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public double LayerOutputError(int layer)
    {
        CheckIndex(layer, Layers, nameof(layer));
        return _layerErrors[layer];
    }

    private static void CheckIndex(int index, int count, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count, name);
    }
}
