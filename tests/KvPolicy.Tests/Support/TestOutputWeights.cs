using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>The same output weights in every layer.</summary>
internal sealed class TestOutputWeights(float[] elements, int embedding) : IKvOutputWeights
{
    public int Embedding => embedding;

    public int Inputs => elements.Length / embedding;

    public int Reads { get; private set; }

    public static TestOutputWeights Random(int embedding, int inputs, int seed) =>
        new([.. Scoring.Rows(1, embedding, inputs, seed)[0].SelectMany(row => row)], embedding);

    public void Read(int layer, Span<float> weights)
    {
        Reads++;
        elements.CopyTo(weights);
    }
}
