using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.Tests.Models;

/// <summary>
/// A float32 forward pass of the llama architecture, written from the architecture's definition and sharing no code with the
/// product or llama.cpp. Its cache is a list for each layer and KV head, from which tokens can be taken.
/// </summary>
internal sealed class ReferenceModel
{
    private readonly RandomModel _shape;
    private readonly Dictionary<string, float[]> _weights = [];
    private readonly List<float[]>[,] _keys;
    private readonly List<float[]>[,] _values;
    private readonly List<float[]> _queries = [];

    public ReferenceModel(RandomModel shape, string path)
    {
        _shape = shape;
        _keys = EmptyCache();
        _values = EmptyCache();
        ReadWeights(path);
    }

    private ReferenceModel(ReferenceModel other)
    {
        _shape = other._shape;
        _weights = other._weights;
        _keys = EmptyCache();
        _values = EmptyCache();
    }

    /// <summary>A tensor of the file, row by row.</summary>
    public IReadOnlyList<float> Weights(string name) => _weights[name];

    /// <summary>A model whose cache holds the selected tokens only.</summary>
    public ReferenceModel Select(KvSelection selection)
    {
        var result = new ReferenceModel(this);
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            for (int head = 0; head < _shape.KvHeads; head++)
            {
                foreach (int token in selection[layer, head])
                {
                    result._keys[layer, head].Add(_keys[layer, head][token]);
                    result._values[layer, head].Add(_values[layer, head][token]);
                }
            }
        }

        return result;
    }

    /// <summary>Computes one token, caches it and returns its rotated queries: <c>[layers][query heads · head dimension]</c>.</summary>
    public float[][] Queries(int token, int position)
    {
        _queries.Clear();
        Step(token, position);
        return [.. _queries];
    }

    /// <summary>The share of attention that falls on some tokens, over the last queries that read a KV head; each sees no later token.</summary>
    public double RetainedMass(int layer, int kvHead, int window, int[] tokens)
    {
        int d = _shape.HeadDimension;
        int group = _shape.QueryHeads / _shape.KvHeads;
        int count = _keys[layer, kvHead].Count;
        double total = 0;
        for (int position = count - window; position < count; position++)
        {
            float[] queries = _queries[(position * _shape.Layers) + layer];
            for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
            {
                double[] weights = [.. _keys[layer, kvHead].Take(position + 1).Select(key => Math.Exp(TensorPrimitives.Dot(queries.AsSpan(head * d, d), key) / Math.Sqrt(d)))];
                total += tokens.Where(token => token <= position).Sum(token => weights[token]) / weights.Sum();
            }
        }

        return total / (window * group);
    }

    /// <summary>
    /// The highest probability that each token of a chunk receives from the newest tokens' queries, each of which sees some sinks, the
    /// chunk, and the newest tokens up to its own.
    /// </summary>
    public double[] HighestAttention(int layer, int kvHead, IReadOnlyList<float[][]> queries, int sinks, int start, int end)
    {
        List<float[]> keys = _keys[layer, kvHead];
        int first = keys.Count - queries.Count;
        int d = _shape.HeadDimension;
        int group = _shape.QueryHeads / _shape.KvHeads;
        double[] highest = new double[end - start];
        for (int own = 0; own < queries.Count; own++)
        {
            List<float[]> seen = [.. keys[start..end], .. keys[..sinks], .. keys[first..(first + own + 1)]];
            for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
            {
                double[] weights = [.. seen.Select(key => Math.Exp(TensorPrimitives.Dot(queries[own][layer].AsSpan(head * d, d), key) / Math.Sqrt(d)))];
                double sum = weights.Sum();
                for (int i = 0; i < highest.Length; i++)
                {
                    highest[i] = Math.Max(highest[i], weights[i] / sum);
                }
            }
        }

        return highest;
    }

    /// <summary>Forgets all tokens from a position on; nothing may have been taken out before it.</summary>
    public void Truncate(int length)
    {
        foreach (List<float[]> rows in _keys.Cast<List<float[]>>().Concat(_values.Cast<List<float[]>>()))
        {
            rows.RemoveRange(length, rows.Count - length);
        }
    }

    /// <summary>Computes one token and caches it.</summary>
    /// <returns>The logits.</returns>
    public float[] Step(int token, int position) => Multiply("output.weight", Hidden(token, position));

    /// <summary>Computes one token, caches it and returns what its logits are made of.</summary>
    public float[] Hidden(int token, int position)
    {
        float[] x = _weights["token_embd.weight"].AsSpan(token * _shape.Embedding, _shape.Embedding).ToArray();
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            TensorPrimitives.Add(x, Attention(layer, Normalise(x, $"blk.{layer}.attn_norm.weight"), position), x);
            TensorPrimitives.Add(x, FeedForward(layer, Normalise(x, $"blk.{layer}.ffn_norm.weight")), x);
        }

        return Normalise(x, "output_norm.weight");
    }

    private float[] Attention(int layer, float[] x, int position)
    {
        int d = _shape.HeadDimension;
        float[] queries = Multiply($"blk.{layer}.attn_q.weight", x);
        float[] keys = Multiply($"blk.{layer}.attn_k.weight", x);
        float[] values = Multiply($"blk.{layer}.attn_v.weight", x);
        if (_shape.Rotates(layer))
        {
            Rotate(queries, position);
            Rotate(keys, position);
        }

        _queries.Add(queries);
        for (int head = 0; head < _shape.KvHeads; head++)
        {
            _keys[layer, head].Add(keys.AsSpan(head * d, d).ToArray());
            _values[layer, head].Add(values.AsSpan(head * d, d).ToArray());
        }

        var output = new float[_shape.QueryHeads * d];
        for (int head = 0; head < _shape.QueryHeads; head++)
        {
            int kvHead = head / (_shape.QueryHeads / _shape.KvHeads);
            List<float[]> cachedKeys = _keys[layer, kvHead];
            var weights = new float[cachedKeys.Count];
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = TensorPrimitives.Dot(queries.AsSpan(head * d, d), cachedKeys[i]) / MathF.Sqrt(d);
            }

            TensorPrimitives.SoftMax(weights, weights);
            Span<float> result = output.AsSpan(head * d, d);
            for (int i = 0; i < weights.Length; i++)
            {
                TensorPrimitives.MultiplyAdd(_values[layer, kvHead][i], weights[i], result, result);
            }
        }

        return Multiply($"blk.{layer}.attn_output.weight", output);
    }

    private float[] FeedForward(int layer, float[] x)
    {
        float[] gate = Multiply($"blk.{layer}.ffn_gate.weight", x);
        float[] up = Multiply($"blk.{layer}.ffn_up.weight", x);
        for (int i = 0; i < gate.Length; i++)
        {
            gate[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
        }

        return Multiply($"blk.{layer}.ffn_down.weight", gate);
    }

    private float[] Multiply(string weight, float[] x)
    {
        float[] matrix = _weights[weight];
        var result = new float[matrix.Length / x.Length];
        for (int row = 0; row < result.Length; row++)
        {
            result[row] = TensorPrimitives.Dot(matrix.AsSpan(row * x.Length, x.Length), x);
        }

        return result;
    }

    private float[] Normalise(float[] x, string weight)
    {
        double meanSquare = x.Sum(value => (double)value * value) / x.Length;
        var result = new float[x.Length];
        TensorPrimitives.Multiply(x, (float)(1 / Math.Sqrt(meanSquare + RandomModel.NormEpsilon)), result);
        TensorPrimitives.Multiply(result, _weights[weight], result);
        return result;
    }

    private void Rotate(float[] x, int position)
    {
        for (int pair = 0; pair < x.Length / 2; pair++)
        {
            int within = pair % (_shape.HeadDimension / 2);
            double angle = position * Math.Pow(RandomModel.RopeBase, -2.0 * within / _shape.HeadDimension);
            (float sin, float cos) = ((float)Math.Sin(angle), (float)Math.Cos(angle));
            (float a, float b) = (x[2 * pair], x[(2 * pair) + 1]);
            x[2 * pair] = (a * cos) - (b * sin);
            x[(2 * pair) + 1] = (a * sin) + (b * cos);
        }
    }

    private List<float[]>[,] EmptyCache()
    {
        var cache = new List<float[]>[_shape.Layers, _shape.KvHeads];
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            for (int head = 0; head < _shape.KvHeads; head++)
            {
                cache[layer, head] = [];
            }
        }

        return cache;
    }

    private void ReadWeights(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        reader.ReadUInt64();
        long tensors = reader.ReadInt64();
        long entries = reader.ReadInt64();
        for (long i = 0; i < entries; i++)
        {
            Text(reader);
            SkipValue(reader, reader.ReadUInt32());
        }

        List<(string Name, long Count, long Offset)> infos = [];
        for (long i = 0; i < tensors; i++)
        {
            string name = Text(reader);
            uint dimensions = reader.ReadUInt32();
            long count = 1;
            for (uint dimension = 0; dimension < dimensions; dimension++)
            {
                count *= reader.ReadInt64();
            }

            reader.ReadUInt32();
            infos.Add((name, count, reader.ReadInt64()));
        }

        long start = (reader.BaseStream.Position + 31) / 32 * 32;
        foreach ((string name, long count, long offset) in infos)
        {
            reader.BaseStream.Position = start + offset;
            _weights[name] = MemoryMarshal.Cast<byte, float>(reader.ReadBytes((int)count * 4)).ToArray();
        }
    }

    private static void SkipValue(BinaryReader reader, uint type)
    {
        switch (type)
        {
            case 8:
                Text(reader);
                break;
            case 9:
                uint item = reader.ReadUInt32();
                long count = reader.ReadInt64();
                for (long i = 0; i < count; i++)
                {
                    SkipValue(reader, item);
                }

                break;
            default:
                reader.ReadUInt32();
                break;
        }
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadInt64()));
}
