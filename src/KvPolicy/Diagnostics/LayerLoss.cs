using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Numerics;
using CurKv.KvPolicy.Selection;

namespace CurKv.KvPolicy.Diagnostics;

/// <summary>Measures what a selection loses in one layer.</summary>
/// <remarks>
/// One pass over keys and values, in which attention over all tokens and over the kept ones grow side by side. Each has its own
/// maximum: relative to a common one, kept tokens that nobody attended to would vanish. Used by one thread at a time.
/// </remarks>
internal sealed unsafe class LayerLoss : IDisposable
{
    private readonly KvTensor _values;
    private readonly int _group;
    private readonly WindowLogits _logits;
    private readonly RowBlock _block;
    private readonly RowBlock _keptRows;
    private readonly AttentionOutputs _all;
    private readonly AttentionOutputs _kept;

    public LayerLoss(in KvLayerTensors layer)
    {
        _values = layer.Values;
        _logits = new WindowLogits(layer.Keys, layer.Queries, Math.Min(layer.Queries.Window, layer.Keys.Tokens));
        _group = _logits.QueryHeads / _values.Heads;
        _block = new RowBlock(_values.Heads, _values.HeadDimension);
        _keptRows = new RowBlock(1, _values.HeadDimension);
        _all = new AttentionOutputs(_logits.QueryHeads * _logits.Strips, _values.HeadDimension);
        _kept = new AttentionOutputs(_logits.QueryHeads * _logits.Strips, _values.HeadDimension);
    }

    /// <summary>Measures it, once.</summary>
    /// <param name="selection">The tokens that each head keeps.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="losses">Receives one loss per KV head.</param>
    /// <returns>The relative error of all heads' outputs together.</returns>
    public double Measure(KvSelection selection, int layer, Span<KvHeadLoss> losses)
    {
        int[] positions = new int[losses.Length];
        for (int token = 0; token < _values.Tokens; token += RowBlock.Capacity)
        {
            _logits.Read(token);
            _block.Read(_values, token);
            _logits.ExcludeNonFinite(_block);
            for (int head = 0; head < losses.Length; head++)
            {
                ReadOnlySpan<int> tokens = selection[layer, head][positions[head]..];
                tokens = tokens[..CountBelow(tokens, token + _block.Count)];
                positions[head] += tokens.Length;
                Add(head, token, tokens);
            }
        }

        return Compare(losses);
    }

    public void Dispose()
    {
        _logits.Dispose();
        _block.Dispose();
        _keptRows.Dispose();
        _all.Dispose();
        _kept.Dispose();
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
    private void Add(int head, int firstToken, ReadOnlySpan<int> keptTokens)
    {
        float* tile = stackalloc float[WindowLogits.TileLength];
        float* keptTile = stackalloc float[WindowLogits.TileLength];
        for (int i = 0; i < keptTokens.Length; i++)
        {
            _block.Row(head, keptTokens[i] - firstToken).CopyTo(_keptRows.Row(0, i));
        }

        int strips = _group * _logits.Strips;
        for (int index = head * strips; index < (head + 1) * strips; index++)
        {
            _logits.Compute(index / _logits.Strips, index % _logits.Strips, tile);
            for (int i = 0; i < keptTokens.Length; i++)
            {
                Vector256.Load(tile + ((keptTokens[i] - firstToken) * RowStrips.Width)).Store(keptTile + (i * RowStrips.Width));
            }

            fixed (float* rows = &_block.Values[_block.Offset(head, 0)])
            fixed (float* keptRows = _keptRows.Values)
            {
                _all.Add(index, tile, _block.Count, rows, _block.Stride);
                _kept.Add(index, keptTile, keptTokens.Length, keptRows, _keptRows.Stride);
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private double Compare(Span<KvHeadLoss> losses)
    {
        float[] output = new float[_values.HeadDimension];
        float[] changed = new float[_values.HeadDimension];
        (double layerMoved, double layerTotal) = (0, 0);
        for (int head = 0; head < losses.Length; head++)
        {
            (double mass, int queries, double moved, double total) = (0, 0, 0, 0);
            for (int i = 0; i < _group * _logits.Rows; i++)
            {
                int strip = (((head * _group) + (i / _logits.Rows)) * _logits.Strips) + (i % _logits.Rows / RowStrips.Width);
                int lane = i % _logits.Rows % RowStrips.Width;
                if (_all.Softmax.Inverses(strip)[lane] == 0)
                {
                    continue;
                }

                queries++;
                mass += Mass(strip, lane);
                _all.Read(strip, lane, output);
                _kept.Read(strip, lane, changed);
                for (int channel = 0; channel < output.Length; channel++)
                {
                    double difference = (double)output[channel] - changed[channel];
                    moved += difference * difference;
                    total += (double)output[channel] * output[channel];
                }
            }

            losses[head] = new KvHeadLoss(queries == 0 ? 1 : mass / queries, Ratio(moved, total));
            layerMoved += moved;
            layerTotal += total;
        }

        return Ratio(layerMoved, layerTotal);
    }

    private double Mass(int strip, int lane)
    {
        double all = _all.Softmax.Counts(strip)[lane] + (double)_all.Softmax.Others(strip)[lane];
        double kept = _kept.Softmax.Counts(strip)[lane] + (double)_kept.Softmax.Others(strip)[lane];

        // Sums of the same terms in another order may differ in the last digit.
        return Math.Min(1, kept / all * Math.Exp(_kept.Softmax.Maxima(strip)[lane] - (double)_all.Softmax.Maxima(strip)[lane]));
    }

    // Outputs of nothing but zeros that stay zeros have not moved.
    private static double Ratio(double moved, double total) => moved == 0 ? 0 : Math.Sqrt(moved / total);
}
