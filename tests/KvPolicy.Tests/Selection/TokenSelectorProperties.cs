using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Selection;

/// <summary>What holds for any scores, budget and protection.</summary>
public class TokenSelectorProperties
{
    [Property(MaxTest = 500)]
    public void Select_AnyScores_EqualsSortingTwin(
        NonEmptyArray<float> scores, ushort cells, byte sinks, byte recent, byte start, byte length) =>
        AssertEqualsTwin(scores.Get, cells, Protection(sinks, recent, start, length));

    [Property]
    public void Select_ManyTies_EqualsSortingTwin(NonEmptyArray<byte> levels, ushort cells, byte sinks, byte recent)
    {
        float[] values = [0, -0f, 1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -2];

        AssertEqualsTwin([.. levels.Get.Select(level => values[level % values.Length])], cells, Protection(sinks, recent, 0, 0));
    }

    [Property]
    public void Select_LongCache_EqualsSortingTwin(int seed, ushort cells)
    {
        var random = new Random(seed);
        float[] scores = [.. Enumerable.Range(0, 5000).Select(_ => random.NextSingle() - 0.5f)];

        AssertEqualsTwin(scores, cells, new KvProtection());
    }

    [Property]
    public void Select_AnyScores_KeepsAsManyAscendingDistinctTokens(NonEmptyArray<float> scores, ushort cells, byte sinks, byte recent)
    {
        int[] kept = Select(scores.Get, cells, Protection(sinks, recent, 0, 0));

        Assert.Equal(Cells(scores.Get, cells), kept.Length);
        Assert.All(kept, token => Assert.InRange(token, 0, scores.Get.Length - 1));
        Assert.Equal(kept.Distinct().Order(), kept);
    }

    [Property]
    public void Select_ProtectionWithinBudget_IsKept(NonEmptyArray<float> scores, ushort cells, byte sinks, byte recent)
    {
        int budget = Cells(scores.Get, cells);
        int first = Math.Min(sinks % 8, budget);
        int last = Math.Min(recent % 8, budget - first);
        int[] kept = Select(scores.Get, cells, new KvProtection(first, last));

        Assert.Equal(Enumerable.Range(0, first), kept[..first]);
        Assert.Equal(Enumerable.Range(scores.Get.Length - last, last), kept[^last..]);
    }

    private static KvProtection Protection(byte sinks, byte recent, byte start, byte length) =>
        new(sinks % 8, recent % 8) { Ranges = [new TokenRange(start % 32, (start % 32) + (length % 16))] };

    private static int Cells(float[] scores, ushort cells) => (cells % scores.Length) + 1;

    private static int[] Select(float[] scores, ushort cells, KvProtection protection)
    {
        int[] kept = new int[Cells(scores, cells)];
        TokenSelector.Select(scores, TokenSegment.Cut(protection, scores.Length, kept.Length), kept);
        return kept;
    }

    private static void AssertEqualsTwin(float[] scores, ushort cells, KvProtection protection)
    {
        int[] expected = new int[Cells(scores, cells)];
        SortingTokenSelector.Select(scores, TokenSegment.Cut(protection, scores.Length, expected.Length), expected);

        Assert.Equal(expected, Select(scores, cells, protection));
    }
}
