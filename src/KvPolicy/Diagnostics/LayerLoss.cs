using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy;

/// <summary>What a selection loses in one layer.</summary>
/// <remarks>One pass over keys and values: attention over all tokens and over the kept ones grow side by side.</remarks>
internal static unsafe class LayerLoss
{
    /// <summary>Measures it.</summary>
    /// <param name="tensors">The layer's cache.</param>
    /// <param name="selection">The tokens that each head keeps.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="losses">Receives one loss per KV head.</param>
    /// <returns>The relative error of all heads' outputs together.</returns>
    public static double Measure(in KvLayerTensors tensors, KvSelection selection, int layer, Span<KvHeadLoss> losses)
    {
        KvTensor values = tensors.Values;
        using var logits = new WindowLogits(tensors.Keys, tensors.Queries, Math.Min(tensors.Queries.Window, values.Tokens), causal: true);
        using var block = new RowBlock(values.Heads, values.HeadDimension);
        using var keptRows = new RowBlock(1, values.HeadDimension);
        using var all = new AttentionOutputs(logits.QueryHeads * logits.Strips, values.HeadDimension);
        using var kept = new AttentionOutputs(logits.QueryHeads * logits.Strips, values.HeadDimension);
        int[] positions = new int[losses.Length];
        int group = logits.QueryHeads / losses.Length;
        for (int token = 0; token < values.Tokens; token += RowBlock.Capacity)
        {
            logits.Read(token);
            block.Read(values, token);
            logits.ExcludeNonFinite(block);
            for (int head = 0; head < losses.Length; head++)
            {
                ReadOnlySpan<int> tokens = selection[layer, head][positions[head]..];
                tokens = tokens[..CountBelow(tokens, token + block.Count)];
                positions[head] += tokens.Length;
                Add(logits, block, head, group, all, token, tokens, keptRows, kept);
            }
        }

        return Compare(logits, group, all, kept, losses);
    }

    private static int CountBelow(ReadOnlySpan<int> tokens, int end)
    {
        int count = 0;
        while (count < tokens.Length && tokens[count] < end)
        {
            count++;
        }

        return count;
    }

    [MethodImpl(Hot.Loop)]
    private static void Add(
        WindowLogits logits, RowBlock block, int head, int group, AttentionOutputs all, int firstToken, ReadOnlySpan<int> tokens, RowBlock keptRows, AttentionOutputs kept)
    {
        float* tile = stackalloc float[WindowLogits.TileLength];
        float* keptTile = stackalloc float[WindowLogits.TileLength];
        for (int i = 0; i < tokens.Length; i++)
        {
            block.Row(head, tokens[i] - firstToken).CopyTo(keptRows.Row(0, i));
        }

        for (int index = head * group * logits.Strips; index < (head + 1) * group * logits.Strips; index++)
        {
            logits.Compute(index / logits.Strips, index % logits.Strips, tile);
            for (int i = 0; i < tokens.Length; i++)
            {
                Vector256.Load(tile + ((tokens[i] - firstToken) * RowStrips.Width)).Store(keptTile + (i * RowStrips.Width));
            }

            fixed (float* rows = &block.Values[block.Offset(head, 0)])
            fixed (float* few = keptRows.Values)
            {
                all.Add(index, tile, block.Count, rows, block.Stride);
                kept.Add(index, keptTile, tokens.Length, few, keptRows.Stride);
            }
        }
    }

    private static double Compare(WindowLogits logits, int group, AttentionOutputs all, AttentionOutputs kept, Span<KvHeadLoss> losses)
    {
        float[] output = new float[all.Dimension];
        float[] changed = new float[all.Dimension];
        double layerMoved = 0;
        double layerTotal = 0;
        for (int head = 0; head < losses.Length; head++)
        {
            (double mass, int seeing, double moved, double total) = (0, 0, 0, 0);
            for (int i = 0; i < group * logits.Rows; i++)
            {
                int strip = (((head * group) + (i / logits.Rows)) * logits.Strips) + (i % logits.Rows / RowStrips.Width);
                int lane = i % logits.Rows % RowStrips.Width;
                if (all.Softmax.Inverses(strip)[lane] == 0)
                {
                    continue;
                }

                mass += Mass(all.Softmax, kept.Softmax, strip, lane);
                seeing++;
                all.Read(strip, lane, output);
                kept.Read(strip, lane, changed);
                for (int channel = 0; channel < output.Length; channel++)
                {
                    double difference = (double)output[channel] - changed[channel];
                    moved += difference * difference;
                    total += (double)output[channel] * output[channel];
                }
            }

            losses[head] = new KvHeadLoss(seeing == 0 ? 1 : mass / seeing, Ratio(moved, total));
            layerMoved += moved;
            layerTotal += total;
        }

        return Ratio(layerMoved, layerTotal);
    }

    private static double Mass(OnlineSoftmax all, OnlineSoftmax kept, int strip, int lane)
    {
        double share = (kept.Counts(strip)[lane] + (double)kept.Others(strip)[lane]) / (all.Counts(strip)[lane] + (double)all.Others(strip)[lane]);
        return Math.Min(1, share * Math.Exp(kept.Maxima(strip)[lane] - (double)all.Maxima(strip)[lane]));
    }

    // Outputs of nothing but zeros that stay zeros have not moved.
    private static double Ratio(double moved, double total) => moved == 0 ? 0 : Math.Sqrt(moved / total);
}
