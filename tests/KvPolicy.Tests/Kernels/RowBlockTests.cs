using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Kernels;

public class RowBlockTests
{
    private const int Heads = 2;

    public static TheoryData<KvElementType, KvLayout, int, int> Shapes => TensorShapes.All();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Read_AnyTensor_HoldsItsElementsAndZeros(KvElementType type, KvLayout layout, int tokens, int headDimension)
    {
        using var tensor = TestTensor.Random(type, layout, tokens, Heads, headDimension, seed: 3);
        using var block = new RowBlock(Heads, headDimension);
        for (int first = 0; first < tokens; first += RowBlock.Capacity)
        {
            block.Read(tensor.View, first);

            Assert.Equal(Math.Min(RowBlock.Capacity, tokens - first), block.Count);
            float[] expected = [.. Expected(tensor.View, first, block)];
            Assert.Equal(expected, block.Values[..expected.Length]);
        }
    }

    [Theory]
    [InlineData(KvLayout.TokenMajor, 0)]
    [InlineData(KvLayout.TokenMajor, 8)]
    [InlineData(KvLayout.ChannelMajor, 0)]
    [InlineData(KvLayout.ChannelMajor, 8)]
    public void Read_NonFiniteHalf_StaysNonFinite(KvLayout layout, int channel)
    {
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            using var tensor = new TestTensor(KvElementType.F16, layout, tokens: 9, Heads, headDimension: 9);
            tensor.Set(1, channel, channel, bad);
            using var block = new RowBlock(Heads, 9);
            block.Read(tensor.View, 0);

            Assert.False(float.IsFinite(block.Row(1, channel)[channel]));
        }
    }

    private static IEnumerable<float> Expected(KvTensor tensor, int first, RowBlock block) =>
        from head in Enumerable.Range(0, Heads)
        from row in Enumerable.Range(0, RowBlock.Capacity)
        from channel in Enumerable.Range(0, block.Stride)
        select row < block.Count && channel < tensor.HeadDimension ? ScalarElements.Read(tensor, head, first + row, channel) : 0;
}
