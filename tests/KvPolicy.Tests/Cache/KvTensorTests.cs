using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Cache;

public unsafe class KvTensorTests
{
    [Theory]
    [InlineData(KvElementType.Q8_0, KvLayout.ChannelMajor, 32)]
    [InlineData(KvElementType.Q4_0, KvLayout.TokenMajor, 48)]
    public void Constructor_BlocksAcrossHeads_Throws(KvElementType type, KvLayout layout, int headDimension) =>
        Assert.Throws<ArgumentException>(() => new KvTensor(null, type, layout, 4, 2, headDimension, 4096));

    [Theory]
    [InlineData(KvLayout.TokenMajor, 2 * 16 * 2)]
    [InlineData(KvLayout.ChannelMajor, 40 * 2)]
    public void Constructor_RowStride_MustHoldARow(KvLayout layout, int rowBytes)
    {
        var fits = new KvTensor(null, KvElementType.F16, layout, 40, 2, 16, rowBytes);

        Assert.Equal(rowBytes, fits.RowBytes);
        Assert.Throws<ArgumentException>(() => new KvTensor(null, KvElementType.F16, layout, 40, 2, 16, rowBytes - 1));
    }

    [Fact]
    public void Constructor_UnknownType_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvTensor(null, (KvElementType)99, KvLayout.TokenMajor, 1, 1, 32, 4096));

    [Theory]
    [InlineData(-1, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void Constructor_ShapeOutOfRange_Throws(int tokens, int heads, int headDimension) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new KvTensor(null, KvElementType.F32, KvLayout.TokenMajor, tokens, heads, headDimension, 4096));

    [Fact]
    public void HeadData_EitherLayout_StepsOverWholeHeads()
    {
        var byToken = new KvTensor((byte*)1000, KvElementType.Q8_0, KvLayout.TokenMajor, 4, 2, 64, 200);
        var byChannel = new KvTensor((byte*)1000, KvElementType.F16, KvLayout.ChannelMajor, 4, 2, 64, 10);

        Assert.Equal(1000 + 68, (nint)byToken.HeadData(1));
        Assert.Equal(1000 + 640, (nint)byChannel.HeadData(1));
    }
}
