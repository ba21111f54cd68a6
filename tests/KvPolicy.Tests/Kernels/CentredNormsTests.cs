using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class CentredNormsTests
{
    private const int Heads = 2;

    [Theory]
    [InlineData(1, 2, 0, 2, true)]
    [InlineData(63, 16, 4, 16, true)]
    [InlineData(65, 64, 4, 64, true)]
    [InlineData(130, 80, 4, 64, true)]
    [InlineData(64, 18, 0, 18, false)]
    [InlineData(65, 64, 4, 64, false)]
    [InlineData(200, 96, 100, 96, false)]
    [InlineData(129, 256, 4, 128, true)]
    [InlineData(130, 80, 4, 32, false)]
    public void Compute_KnownRotation_EqualsScalarTwin(int tokens, int headDimension, int skip, int dimensions, bool interleaved)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, tokens, Heads, headDimension, seed: 4);

        AssertEqualsScalarTwin(tensor.View, new RotaryEmbedding(10000, dimensions, interleaved), skip);
    }

    [Theory]
    [InlineData(KvElementType.F32)]
    [InlineData(KvElementType.BF16)]
    [InlineData(KvElementType.Q8_0)]
    [InlineData(KvElementType.Q4_0)]
    public void Compute_UnknownRotation_EqualsScalarTwin(KvElementType type)
    {
        using var tensor = TestTensor.Random(type, KvLayout.TokenMajor, 100, Heads, 64, seed: 5);

        AssertEqualsScalarTwin(tensor.View, null, 4);
    }

    [Theory]
    [InlineData(64, 64, true)]
    [InlineData(80, 16, false)]
    [InlineData(24, 4, true)]
    public void Compute_KeysRotatedTwice_EqualsScalarTwin(int headDimension, int run, bool interleaved)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 70, Heads, headDimension, seed: 4);

        AssertEqualsScalarTwin(tensor.View, new RotaryEmbedding(10000, headDimension, interleaved), 4, new HadamardRotation(run));
    }

    [Fact]
    public void Compute_OneKeyAtEveryPosition_IsZeroOnceTheRotationIsUndone()
    {
        const int Dimension = 8;
        var rotary = new RotaryEmbedding(10000, Dimension, Interleaved: true);
        using var tensor = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 50, 1, Dimension);
        for (int token = 0; token < 50; token++)
        {
            for (int pair = 0; pair < Dimension / 2; pair++)
            {
                double angle = token * Math.Pow(10000, -2.0 * pair / Dimension);
                tensor.Set(0, token, 2 * pair, (float)Math.Cos(angle));
                tensor.Set(0, token, (2 * pair) + 1, (float)Math.Sin(angle));
            }
        }

        float[] undone = new float[50];
        float[] cached = new float[50];
        CentredNorms.Compute(new KvLayerTensors(tensor.View, default, Rotary: rotary), 0, undone);
        CentredNorms.Compute(new KvLayerTensors(tensor.View, default), 0, cached);

        Assert.All(undone, square => Assert.InRange(square, 0, 1e-10f));
        Assert.Contains(cached, square => square > 0.1f);
    }

    [Fact]
    public void Compute_NonFiniteRow_IsNotFiniteAlone()
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 20, Heads, 32, seed: 8);
        tensor.Set(1, 5, 9, float.PositiveInfinity);
        tensor.Set(0, 7, 9, float.NaN);
        float[] squares = new float[Heads * 20];
        var layer = new KvLayerTensors(tensor.View, default, Rotary: new RotaryEmbedding(10000, 32, true));
        CentredNorms.Compute(layer, 4, squares);

        float[] expected = new float[squares.Length];
        ScalarCentredNorms.Compute(layer, 4, expected);
        (expected[7], expected[25]) = (squares[7], squares[25]);
        ScoreAssert.Equal(expected, squares, 1e-4, 1e-6);
        Assert.Equal([7, 25], Enumerable.Range(0, squares.Length).Where(i => !float.IsFinite(squares[i])));
    }

    [Theory]
    [InlineData(1, 1, 2, true)]
    [InlineData(100, 100, 64, true)]
    [InlineData(100, 30, 64, false)]
    [InlineData(200, 64, 18, false)]
    [InlineData(200, 63, 64, true)]
    [InlineData(200, 129, 40, true)]
    [InlineData(70, 0, 64, true)]
    public void Compute_CompressedCache_EqualsScalarTwin(int tokens, int kept, int dimensions, bool interleaved)
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, tokens, Heads, 64, seed: 9);
        KvPositions positions = TestPositions.Random(Heads, kept, first: 3000, seed: 10);
        var rotary = new RotaryEmbedding(10000, dimensions, interleaved);

        AssertEqualsScalarTwin(tensor.View, rotary, Math.Min(4, tokens - 1), positions: positions);
        AssertEqualsScalarTwin(tensor.View, rotary, 0, new HadamardRotation(16), positions);
        AssertEqualsScalarTwin(tensor.View, null, 0, positions: positions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Compute_CompressedTwice_FindsTheKeysThatWereThereBefore(bool interleaved)
    {
        const int Dimension = 32;
        var rotary = new RotaryEmbedding(10000, Dimension, interleaved);

        // What a head still holds: positions, and the unrotated keys that stood there from the beginning.
        float[][][] plain = Scoring.Rows(Heads, 1000, Dimension, seed: 12);
        int[][] held = [.. Enumerable.Range(0, Heads).Select(_ => Enumerable.Range(0, 700).ToArray())];
        KvPositions[] positions = Compress(null, held, 300, next: 700, seed: 13);
        held = [.. held.Select(head => head.Concat(Enumerable.Range(700, 200)).ToArray())];
        positions = Compress(positions, held, 150, next: 900, seed: 14);
        held = [.. held.Select(head => head.Concat(Enumerable.Range(900, 100)).ToArray())];
        using var tensor = TestTensor.Of([.. held.Select((head, i) => head.Select(position => Rotate(plain[i][position], rotary, position)).ToArray())]);
        float[] squares = new float[Heads * 250];
        CentredNorms.Compute(new KvLayerTensors(tensor.View, default, Rotary: rotary) { Positions = positions[0] }, 4, squares);

        double[] expected = [.. held.SelectMany((head, i) => Distances([.. head.Select(position => plain[i][position])], 4))];
        ScoreAssert.Equal([.. expected.Select(square => (float)square)], squares, 1e-5);
    }

    /// <summary>Drops tokens of every head, <c>held</c> along with them.</summary>
    private static KvPositions[] Compress(KvPositions[]? before, int[][] held, int cells, int next, int seed)
    {
        var random = new Random(seed);
        var selection = new KvSelection(1, held.Length, cells);
        for (int head = 0; head < held.Length; head++)
        {
            int[] kept = [.. Enumerable.Range(0, held[head].Length).OrderBy(_ => random.Next()).Take(cells).Order()];
            kept.CopyTo(selection[0, head]);
            held[head] = [.. kept.Select(cell => held[head][cell])];
        }

        return selection.PositionsAfter(before, next);
    }

    private static float[] Rotate(float[] key, RotaryEmbedding rotary, int position)
    {
        float[] rotated = [.. key];
        for (int pair = 0; pair < rotary.Dimensions / 2; pair++)
        {
            (int first, int second) = rotary.Interleaved ? (2 * pair, (2 * pair) + 1) : (pair, pair + (rotary.Dimensions / 2));
            (double sin, double cos) = Math.SinCos(position * Math.Pow(rotary.Base, -2.0 * pair / rotary.Dimensions));
            rotated[first] = (float)((key[first] * cos) - (key[second] * sin));
            rotated[second] = (float)((key[first] * sin) + (key[second] * cos));
        }

        return rotated;
    }

    private static double[] Distances(float[][] rows, int skip)
    {
        double[] mean = [.. Enumerable.Range(0, rows[0].Length).Select(channel => rows.Skip(skip).Average(row => (double)row[channel]))];
        return [.. rows.Select(row => row.Zip(mean, (element, centre) => (element - centre) * (element - centre)).Sum())];
    }

    private static void AssertEqualsScalarTwin(
        in KvTensor tensor, RotaryEmbedding? rotary, int skip, HadamardRotation? hadamard = null, KvPositions? positions = null)
    {
        var layer = new KvLayerTensors(tensor, default, Rotary: rotary) { KeyRotation = hadamard, Positions = positions };
        float[] expected = new float[tensor.Heads * tensor.Tokens];
        float[] actual = new float[expected.Length];
        ScalarCentredNorms.Compute(layer, skip, expected);
        CentredNorms.Compute(layer, skip, actual);

        ScoreAssert.Equal(expected, actual, 1e-4, 1e-6);
    }
}
