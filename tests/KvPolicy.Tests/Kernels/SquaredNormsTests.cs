using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class SquaredNormsTests
{
    private const int Heads = 3;

    // The sums differ by the order of their terms only.
    private const double Tolerance = 1e-5;

    public static TheoryData<KvElementType, KvLayout, int, int> Shapes => TensorShapes.All();

    [Fact]
    public void Compute_WrongLength_Throws()
    {
        using var tensor = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, 2, 8);

        Assert.Throws<ArgumentException>(() => SquaredNorms.Compute(tensor.View, new float[7]));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Compute_RandomTensor_EqualsScalarTwin(KvElementType type, KvLayout layout, int tokens, int headDimension)
    {
        using var tensor = TestTensor.Random(type, layout, tokens, Heads, headDimension, seed: tokens + headDimension);

        AssertEqualsScalarTwin(tensor.View);
    }

    [Theory]
    [InlineData(KvElementType.F32)]
    [InlineData(KvElementType.F16)]
    [InlineData(KvElementType.BF16)]
    public void Compute_ManyTokensByChannel_EqualsScalarTwin(KvElementType type)
    {
        using var tensor = TestTensor.Random(type, KvLayout.ChannelMajor, tokens: 2500, Heads, headDimension: 16, seed: 1);

        AssertEqualsScalarTwin(tensor.View);
    }

    [Theory]
    [InlineData(KvLayout.TokenMajor)]
    [InlineData(KvLayout.ChannelMajor)]
    public void Compute_EveryFiniteHalf_IsExact(KvLayout layout)
    {
        // Denormals included. A head dimension of 32 with one element set: the squared norm is that element's square.
        Half[] halves = [.. Enumerable.Range(0, 1 << 16).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).Where(Half.IsFinite)];
        using var tensor = new TestTensor(KvElementType.F16, layout, halves.Length, heads: 1, headDimension: 32);
        for (int token = 0; token < halves.Length; token++)
        {
            tensor.Set(0, token, token % 32, (float)halves[token]);
        }

        float[] squares = new float[halves.Length];
        SquaredNorms.Compute(tensor.View, squares);

        Assert.Equal(halves.Select(half => (float)half * (float)half), squares);
    }

    [Theory]
    [InlineData(KvElementType.F32, KvLayout.TokenMajor)]
    [InlineData(KvElementType.F32, KvLayout.ChannelMajor)]
    [InlineData(KvElementType.F16, KvLayout.TokenMajor)]
    [InlineData(KvElementType.F16, KvLayout.ChannelMajor)]
    [InlineData(KvElementType.BF16, KvLayout.TokenMajor)]
    [InlineData(KvElementType.BF16, KvLayout.ChannelMajor)]
    public void Compute_NonFiniteElement_IsNotFiniteForItsTokenOnly(KvElementType type, KvLayout layout)
    {
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            foreach ((int badToken, int badChannel) in (ValueTuple<int, int>[])[(0, 0), (17, 31), (32, 39), (39, 5)])
            {
                using var tensor = TestTensor.Random(type, layout, tokens: 40, Heads, headDimension: 40, seed: 2);
                tensor.Set(1, badToken, badChannel, bad);
                float[] squares = new float[Heads * 40];
                SquaredNorms.Compute(tensor.View, squares);

                Assert.Equal([40 + badToken], Enumerable.Range(0, squares.Length).Where(i => !float.IsFinite(squares[i])));
            }
        }
    }

    [Theory]
    [InlineData(KvElementType.Q8_0)]
    [InlineData(KvElementType.Q4_0)]
    public void Compute_NonFiniteScale_IsNotFiniteForItsTokenOnly(KvElementType type)
    {
        foreach (Half bad in (Half[])[Half.NaN, Half.PositiveInfinity])
        {
            using var tensor = TestTensor.Random(type, KvLayout.TokenMajor, tokens: 40, Heads, headDimension: 64, seed: 2);
            tensor.SetScale(2, 7, 33, bad);
            float[] squares = new float[Heads * 40];
            SquaredNorms.Compute(tensor.View, squares);

            Assert.Equal([80 + 7], Enumerable.Range(0, squares.Length).Where(i => !float.IsFinite(squares[i])));
        }
    }

    [Theory]
    [InlineData(KvElementType.Q8_0, 64)]
    [InlineData(KvElementType.Q8_0, 128)]
    [InlineData(KvElementType.Q4_0, 64)]
    [InlineData(KvElementType.Q4_0, 128)]
    public void Compute_WholeGroupsOfHeads_EqualsScalarTwin(KvElementType type, int headDimension)
    {
        const int EightHeads = 8;
        using var tensor = TestTensor.Random(type, KvLayout.TokenMajor, 37, EightHeads, headDimension, seed: 3);
        tensor.SetScale(6, 36, headDimension - 1, Half.NaN);

        AssertEqualsScalarTwin(tensor.View);
    }

    [Theory]
    [InlineData(KvElementType.Q8_0, 0)]
    [InlineData(KvElementType.Q4_0, 0x88)]
    public void Compute_NonFiniteScaleOfZeros_IsNotFinite(KvElementType type, byte zeros)
    {
        // One block alone is less than the kernel takes at once.
        using var tensor = new TestTensor(type, KvLayout.TokenMajor, 2, 1, 32);
        FillWith(tensor.View, zeros);
        tensor.SetScale(0, 0, 0, Half.PositiveInfinity);
        float[] squares = new float[2];
        SquaredNorms.Compute(tensor.View, squares);

        Assert.Equal([float.NaN, 0], squares);
    }

    [Theory]
    [InlineData(KvElementType.F32, KvLayout.TokenMajor)]
    [InlineData(KvElementType.F32, KvLayout.ChannelMajor)]
    [InlineData(KvElementType.BF16, KvLayout.TokenMajor)]
    [InlineData(KvElementType.BF16, KvLayout.ChannelMajor)]
    public void Compute_DenormalsAndZeros_AreNotLost(KvElementType type, KvLayout layout)
    {
        // The square of the first underflows; its neighbours' must not be touched by it.
        const float Denormal = 1.1754942e-38f / 2;
        using var tensor = new TestTensor(type, layout, 40, 1, 48);
        tensor.SetRow(0, 3, channel => channel == 40 ? 1e-18f : Denormal);
        tensor.SetRow(0, 35, channel => channel == 1 ? 2 : Denormal);

        AssertEqualsScalarTwin(tensor.View);
    }

    [Fact]
    public void Compute_LargeFiniteHalves_StayFinite()
    {
        using var tensor = new TestTensor(KvElementType.F16, KvLayout.TokenMajor, 4, 1, 64);
        tensor.SetRow(0, 2, _ => 65_504);
        float[] squares = new float[4];
        SquaredNorms.Compute(tensor.View, squares);

        ScoreAssert.Equal([0, 0, 64 * 65_504f * 65_504f, 0], squares);
    }

    [Fact]
    public void Compute_LowestQuantisedIntegers_DoNotOverflow()
    {
        using var tensor = new TestTensor(KvElementType.Q8_0, KvLayout.TokenMajor, 1, 1, 32);
        FillWith(tensor.View, 0x80);
        tensor.SetScale(0, 0, 0, (Half)0.5f);
        float[] squares = new float[1];
        SquaredNorms.Compute(tensor.View, squares);

        Assert.Equal(32 * 64f * 64f, squares[0]);
    }

    private static unsafe void FillWith(KvTensor tensor, byte value) => new Span<byte>(tensor.Data, tensor.SliceBytes).Fill(value);

    private static void AssertEqualsScalarTwin(in KvTensor tensor)
    {
        float[] expected = new float[tensor.Heads * tensor.Tokens];
        float[] actual = new float[expected.Length];
        ScalarSquaredNorms.Compute(tensor, expected);
        SquaredNorms.Compute(tensor, actual);

        ScoreAssert.Equal(expected, actual, Tolerance);
    }
}
