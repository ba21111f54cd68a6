using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public class KeyNormTests
{
    [Fact]
    public void Score_WrongLength_Throws()
    {
        using var keys = new TestTensor(KvElementType.F16, KvLayout.TokenMajor, 4, 2, 32);

        Assert.Throws<ArgumentException>(() => new KeyNorm().Score(new KvLayer(0, new KvLayerTensors(keys.View, default), 2, 0), new float[9]));
    }

    [Fact]
    public void Select_NonFiniteKeys_AreEvictedFirst()
    {
        using var keys = TestTensor.Of([[[float.PositiveInfinity, 0], [9, 9], [float.NaN, 0], [1, 0], [8, 8]]]);

        KvSelection selection = new KvSelector(new KeyNorm()).Select(
            [new KvLayerTensors(keys.View, default)], KvBudget.FromCells(3), KvProtection.None, TestContext.Current.CancellationToken);

        Assert.Equal([1, 3, 4], selection[0, 0].ToArray());
    }
}
