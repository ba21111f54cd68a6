using System.Globalization;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Policies.Combined;

public class AdaKvTests
{
    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Constructor_SafeguardOutOfRange_Throws(double safeguard) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaKv(new KeyNorm(), safeguard));

    [Fact]
    public void Constructor_NoPolicy_Throws() => Assert.Throws<ArgumentNullException>(() => new AdaKv(null!));

    [Fact]
    public void Name_Safeguard_StandsWhereItIsNotTheDefaultInAnyCulture()
    {
        CultureInfo culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");

            Assert.Equal("adaptive(keynorm)", new AdaKv(new KeyNorm()).Name);
            Assert.Equal("adaptive(keynorm,safeguard=0.5)", new AdaKv(new KeyNorm(), 0.5).Name);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Select_FixedBudget_KeepsWhatTheInnerPolicyKeeps()
    {
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 50, 3, 32, seed: 1);
        KvLayerTensors[] layers = [new(tensor.View, tensor.View)];
        CancellationToken token = TestContext.Current.CancellationToken;

        KvSelection inner = new KvSelector(new CurDkv()).Select(layers, KvBudget.FromCells(9), new KvProtection(), token);
        KvSelection adaptive = new KvSelector(new AdaKv(new CurDkv())).Select(layers, KvBudget.FromCells(9), new KvProtection(), token);

        for (int head = 0; head < 3; head++)
        {
            Assert.Equal(inner[0, head].ToArray(), adaptive[0, head].ToArray());
        }
    }

    [Fact]
    public void Allocate_InvalidArgument_Throws()
    {
        var policy = new AdaKv(new KeyNorm());

        Assert.Throws<ArgumentException>(() => policy.Allocate(new float[5], 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Allocate(new float[6], 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Allocate(new float[6], 2, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Allocate(new float[6], 2, -1));
    }

    [Fact]
    public void Allocate_EvictedTokens_AreTakenBeforeAnyHeadOverflows()
    {
        float[] scores = [1, 1, float.NaN, float.NegativeInfinity];

        Assert.Equal([2, 0], new AdaKv(new KeyNorm(), 0).Allocate(scores, 2, 1));
        Assert.Equal([2, 2], new AdaKv(new KeyNorm(), 0).Allocate(scores, 2, 2));
    }

    [Property]
    public void Allocate_AnyScores_EqualsSortedPool(NonEmptyArray<byte> levels, byte tokensSeed, byte cellsSeed, byte share)
    {
        // Few levels, so that there are many ties.
        const int Heads = 3;
        int tokens = (tokensSeed % 12) + 1;
        int cells = cellsSeed % (tokens + 1);
        double safeguard = share % 11 / 10.0;
        float[] scores = [.. Enumerable.Range(0, Heads * tokens).Select(i => (float)(levels.Get[i % levels.Get.Length] % 7))];

        int sure = (int)((decimal)safeguard * cells);
        (int Head, int Rank, float Score)[] pairs = [.. Enumerable.Range(0, Heads).SelectMany(head =>
            scores.Skip(head * tokens).Take(tokens).OrderDescending().Select((score, rank) => (head, rank, score)))];
        int[] expected = [.. pairs
            .OrderByDescending(pair => pair.Rank < sure).ThenByDescending(pair => pair.Score).ThenBy(pair => pair.Head)
            .Take(Heads * cells)
            .GroupBy(pair => pair.Head)
            .Aggregate(new int[Heads], (counts, group) =>
            {
                counts[group.Key] = group.Count();
                return counts;
            })];

        Assert.Equal(expected, new AdaKv(new KeyNorm(), safeguard).Allocate(scores, Heads, cells));
    }
}
