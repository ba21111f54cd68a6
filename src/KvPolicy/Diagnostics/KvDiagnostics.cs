using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Selection;

namespace CurKv.KvPolicy.Diagnostics;

/// <summary>Measures what an eviction costs, before anything is evicted.</summary>
/// <remarks>Thread-safe; layers are measured in parallel.</remarks>
public static class KvDiagnostics
{
    /// <summary>Compares attention over the kept tokens with attention over all, for the prompt's last queries.</summary>
    /// <remarks>
    /// <para>
    /// Attention over the kept tokens is what the model computes after the eviction: probabilities sum to 1 over them
    /// (<c>A_S</c> is renormalised). Queries see no later tokens. One that sees no kept token has an output of zeros. Tokens whose
    /// key or value is not finite count neither before nor after.
    /// </para>
    /// <para>Reads the cache once; costs about as much as <see cref="DropKv"/> with the same queries.</para>
    /// </remarks>
    /// <param name="layers">The cache, in layer order, with keys, values and the queries of the prompt's last tokens.</param>
    /// <param name="selection">The tokens that each head keeps.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <exception cref="ArgumentException">
    /// The layers do not fit each other, lack keys or values, or are not those that the selection was made for.
    /// </exception>
    /// <exception cref="InvalidOperationException">A layer comes without queries.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static KvEvictionLoss Measure(
        IReadOnlyList<KvLayerTensors> layers, KvSelection selection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(selection);
        Check(layers, selection);
        var losses = new KvHeadLoss[layers.Count * selection.Heads];
        double[] layerErrors = new double[layers.Count];
        ParallelLayers.ForEach(layers.Count, new ParallelOptions { CancellationToken = cancellationToken }, layer =>
        {
            using var loss = new LayerLoss(layers[layer]);
            layerErrors[layer] = loss.Measure(selection, layer, losses.AsSpan(layer * selection.Heads, selection.Heads));
        });
        return new KvEvictionLoss(selection.Heads, losses, layerErrors);
    }

    private static void Check(IReadOnlyList<KvLayerTensors> layers, KvSelection selection)
    {
        for (int layer = 0; layer < layers.Count; layer++)
        {
            if (layers[layer].Queries.Heads == 0 || layers[layer].Queries.Window == 0)
            {
                throw new InvalidOperationException(
                    $"What an eviction loses is measured on the last queries of the prompt, and layer {layer} comes without any: "
                    + "observe them while the prompt is decoded.");
            }
        }

        // What is read here is what this policy reads.
        LayerShapes.Check(layers, new DropKv());
        if (selection.Layers != layers.Count || selection.Heads != layers[0].Keys.Heads)
        {
            throw new ArgumentException(
                $"The selection is for {selection.Layers} layers of {selection.Heads} KV heads, the cache has {layers.Count} of "
                + $"{layers[0].Keys.Heads}.",
                nameof(selection));
        }

        CheckTokens(selection, layers[0].Keys.Tokens);
    }

    private static void CheckTokens(KvSelection selection, int tokens)
    {
        for (int layer = 0; layer < selection.Layers; layer++)
        {
            for (int head = 0; head < selection.Heads; head++)
            {
                int previous = -1;
                foreach (int token in selection[layer, head])
                {
                    if (token <= previous || token >= tokens)
                    {
                        throw new ArgumentException(
                            $"Head {head} of layer {layer} keeps token {token} after {previous}: tokens must ascend and lie below the "
                            + $"cache's {tokens}.",
                            nameof(selection));
                    }

                    previous = token;
                }
            }
        }
    }
}
