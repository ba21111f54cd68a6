using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Kernels;

/// <summary>
/// How far the outputs of each query head's last queries move when a single token is left out:
/// <c>Σᵢ (pᵢⱼ/(1−pᵢⱼ))²·‖vⱼ − oᵢ‖²</c>.
/// </summary>
/// <remarks>Two passes over keys and values: the outputs, then the errors.</remarks>
internal static unsafe class LeaveOneOutErrors
{
    /// <summary>What <c>1 − p</c> is at least.</summary>
    public const float MinRest = 1e-6f;

    /// <summary>Computes them.</summary>
    /// <param name="keys">The cached keys.</param>
    /// <param name="values">The cached values.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="rows">How many of the last queries are used.</param>
    /// <param name="errors">
    /// Receives <c>[KV heads][tokens]</c>, summed over the query heads of the group; NaN for a token whose key or value is not
    /// finite.
    /// </param>
    public static void Compute(in KvTensor keys, in KvTensor values, in KvQueries queries, int rows, Span<float> errors)
    {
        using var logits = new WindowLogits(keys, queries, rows);
        using var block = new RowBlock(values.Heads, values.HeadDimension);
        using var outputs = new AttentionOutputs(logits.QueryHeads * logits.Strips, values.HeadDimension);
        using var packed = new RowStrips(logits.QueryHeads, rows, values.HeadDimension);
        for (int token = 0; token < keys.Tokens; token += RowBlock.Capacity)
        {
            Read(logits, values, token, block);
            for (int index = 0; index < logits.QueryHeads * logits.Strips; index++)
            {
                AddOutputs(logits, block, index, outputs);
            }
        }

        Pack(outputs, logits, packed);
        int group = logits.QueryHeads / keys.Heads;
        for (int token = 0; token < keys.Tokens; token += RowBlock.Capacity)
        {
            Read(logits, values, token, block);
            for (int head = 0; head < keys.Heads; head++)
            {
                ComputeHead(logits, block, outputs, packed, head, group, errors.Slice((head * keys.Tokens) + token, block.Count));
            }
        }
    }

    private static void Read(WindowLogits logits, in KvTensor values, int token, RowBlock block)
    {
        logits.Read(token);
        block.Read(values, token);
        logits.ExcludeNonFinite(block);
    }

    private static void AddOutputs(WindowLogits logits, RowBlock block, int index, AttentionOutputs outputs)
    {
        float* tile = stackalloc float[WindowLogits.TileLength];
        int queryHead = index / logits.Strips;
        logits.Compute(queryHead, index % logits.Strips, tile);
        fixed (float* rows = &block.Values[block.Offset(logits.HeadOf(queryHead), 0)])
        {
            outputs.Add(index, tile, block.Count, rows, block.Stride);
        }
    }

    private static void Pack(AttentionOutputs outputs, WindowLogits logits, RowStrips packed)
    {
        float[] output = new float[outputs.Dimension];
        for (int queryHead = 0; queryHead < logits.QueryHeads; queryHead++)
        {
            for (int row = 0; row < logits.Rows; row++)
            {
                outputs.Read((queryHead * logits.Strips) + (row / RowStrips.Width), row % RowStrips.Width, output);
                packed.Write(queryHead, row, output);
            }
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void ComputeHead(
        WindowLogits logits, RowBlock block, AttentionOutputs outputs, RowStrips packed, int head, int group, Span<float> errors)
    {
        float* tile = stackalloc float[WindowLogits.TileLength];
        float* distances = stackalloc float[WindowLogits.TileLength];
        float* totals = stackalloc float[WindowLogits.TileLength];
        new Span<float>(totals, WindowLogits.TileLength).Clear();
        for (int i = 0; i < group * logits.Strips; i++)
        {
            int queryHead = (head * group) + (i / logits.Strips);
            int strip = i % logits.Strips;
            int index = (queryHead * logits.Strips) + strip;
            logits.Compute(queryHead, strip, tile);
            outputs.Softmax.Exponentiate(index, tile, errors.Length);
            fixed (float* rows = &block.Values[block.Offset(head, 0)])
            fixed (float* centres = &packed.Values[packed.Offset(queryHead, strip)])
            {
                for (int row = 0; row < errors.Length; row += Tile.Size)
                {
                    float* distance = distances + (row * RowStrips.Width);
                    DistanceTile.Compute(rows + (row * block.Stride), block.Stride, centres, outputs.Dimension, distance);
                }
            }

            AddErrors(outputs, index, tile, distances, errors.Length, totals);
        }

        for (int row = 0; row < errors.Length; row++)
        {
            errors[row] = logits.IsExcluded(head, row) ? float.NaN : Vector256.Sum(Vector256.Load(totals + (row * RowStrips.Width)));
        }
    }

    [MethodImpl(Hot.Loop)]
    private static void AddErrors(AttentionOutputs outputs, int strip, float* exponentials, float* distances, int count, float* totals)
    {
        Vector256<float> inverses = outputs.Softmax.Inverses(strip);
        Vector256<float> counts = outputs.Softmax.Counts(strip);
        Vector256<float> others = outputs.Softmax.Others(strip);
        for (int i = 0; i < count * RowStrips.Width; i += RowStrips.Width)
        {
            // The largest exponential is exactly 1: the count less it loses nothing.
            Vector256<float> exponential = Vector256.Load(exponentials + i);
            Vector256<float> probabilities = exponential * inverses;
            Vector256<float> rest = Vector256.Max((others + (counts - exponential)) * inverses, Vector256.Create(MinRest));
            Vector256<float> odds = probabilities / rest;

            // Who has more than half is the top value, and the output may lie too close to it for a difference of floats.
            uint lanes = Vector256.GreaterThan(probabilities, Vector256.Create(0.5f)).ExtractMostSignificantBits();
            for (; lanes != 0; lanes &= lanes - 1)
            {
                int lane = BitOperations.TrailingZeroCount(lanes);
                distances[i + lane] = outputs.SquaredDistanceFromTop(strip, lane);
            }

            Vector256.FusedMultiplyAdd(odds * odds, Vector256.Load(distances + i), Vector256.Load(totals + i)).Store(totals + i);
        }
    }
}
