using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Budgets;

/// <summary>Budgets by mass, through the selector.</summary>
public class MassBudgetTests
{
    private const float Infinity = float.PositiveInfinity;

    [Theory]
    [InlineData(0.4, 1)]
    [InlineData(0.5, 1)]
    [InlineData(0.6, 2)]
    [InlineData(0.75, 2)]
    [InlineData(0.8, 3)]
    [InlineData(1.0, 4)]
    public void Select_OneHead_KeepsTheFewestTokensThatHaveTheMass(double mass, int expected) =>
        Assert.Equal(expected, Cells([[1, 4, 1, 2, 0]], mass));

    [Theory]
    [InlineData(0.38, 0.25f, 2)]
    [InlineData(0.6, 0.25f, 2)]
    [InlineData(0.75, 0.25f, 4)]
    [InlineData(0.95, 0f, 4)]
    public void Select_AdaKvOverHeadsOfAnotherUnit_CountsSharesOfEachHead(double mass, float other, int expected)
    {
        // Of the first head's mass its tokens have 0.5, 0.3, 0.1 and 0.1. A head without any mass retains all of it.
        float[][] scores = [[0.25f, 0.15f, 0.05f, 0.05f], [.. Enumerable.Repeat(1000 * other, 4)]];

        Assert.Equal(expected, Cells(new AdaKv(new GivenScores(scores), safeguard: 0), 2, 4, mass, quantile: 1));
    }

    [Theory]
    [InlineData(0.25, 1)]
    [InlineData(0.5, 2)]
    [InlineData(0.75, 3)]
    [InlineData(0.9, 4)]
    [InlineData(1.0, 4)]
    public void Select_Quantile_LeavesOutTheMostDemandingHeads(double quantile, int expected) =>
        Assert.Equal(expected, Cells([[1, 1, 1, 1], [4, 0, 0, 0], [2, 2, 0, 0], [2, 1, 1, 0]], 1, quantile));

    [Fact]
    public void Select_SeveralLayers_TakesTheMostDemanding()
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 6, 1, 8);
        var policy = new FakePolicy((layer, _, token) => token <= layer ? 1 : 0);
        KvLayerTensors[] layers = [.. Enumerable.Repeat(new KvLayerTensors(keys.View, default), 4)];

        KvSelection selection = new KvSelector(policy).Select(layers, KvBudget.ByMass(1), KvProtection.None, TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 2, 3], selection[3, 0].ToArray());
        Assert.Equal([0, 1, 2, 3], selection[0, 0].ToArray());
    }

    [Fact]
    public void Select_ProtectedTokens_AreKeptFirstAndCount()
    {
        // The sink has 5 of 10, the most recent token nothing; 8 of 10 needs the 3 as well.
        Assert.Equal(2, Cells([[5, 1, 3, 1, 0]], 0.5, protection: new KvProtection(1, 1)));
        Assert.Equal(3, Cells([[5, 1, 3, 1, 0]], 0.8, protection: new KvProtection(1, 1)));
        Assert.Equal(4, Cells([[5, 1, 3, 1, 0]], 0.1, protection: new KvProtection(2, 2)));
    }

    [Fact]
    public void Select_CompressedCache_CountsTheProtectedOfTheHeadThatHasMost()
    {
        // The range protects the first three tokens of the second head alone.
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, 4, 2, 8);
        var layer = new KvLayerTensors(keys.View, default) { Positions = new KvPositions([0, 1, 2, 5, 6, 7], heads: 2, first: 9) };
        var policy = new FakePolicy((_, _, token) => token == 3 ? 1 : 0);
        var protection = new KvProtection(0, 0) { Ranges = [new TokenRange(5, 8)] };

        KvSelection selection = new KvSelector(policy).Select([layer], KvBudget.ByMass(0.5), protection, TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 2, 3], selection[0, 1].ToArray());
        Assert.Equal(3, new KvSelector(policy).Select([layer], KvBudget.ByMass(0.5, quantile: 0.5), protection, TestContext.Current.CancellationToken).Cells);
    }

    [Fact]
    public void Select_InfiniteScoresInOneHead_AreAllKept() =>
        Assert.Equal(3, Cells([[Infinity, Infinity, Infinity, 1], [1, 0, 0, 0], [1, 0, 0, 0]], 0.1, quantile: 0.5));

    [Fact]
    public void Select_NonFiniteScores_HaveNoMass() =>
        Assert.Equal(2, Cells([[float.NaN, 3, float.NegativeInfinity, 3, 1]], 0.8));

    [Fact]
    public void Select_NoMassAtAll_KeepsOneCell() => Assert.Equal(1, Cells([[0, 0, 0]], 1));

    [Theory]
    [InlineData("keynorm")]
    [InlineData("keydiff")]
    [InlineData("chunk(value)")]
    [InlineData("value|value")]
    public void Select_NegativeScores_AreRefusedByName(string name)
    {
        IKvPolicy policy = name switch
        {
            "keynorm" => new KeyNorm(),
            "keydiff" => new KeyDiff(),
            "chunk(value)" => new ChunkKv(new ValueNorm()),
            _ => new PolicyUnion(new ValueNorm(), new ValueNorm()),
        };
        using var tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, 30, 2, 32, seed: 1);

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => new KvSelector(policy).Select(
            [new KvLayerTensors(tensor.View, tensor.View)], KvBudget.ByMass(0.5), new KvProtection(), TestContext.Current.CancellationToken));

        Assert.Contains($"'{name}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Select_AdaKv_CountsAllHeadsTogether()
    {
        // One flat and one steep head. Each by itself needs 4 and 1 for half its mass; together, half of all mass lies in the
        // steep head alone, and one cell per head is enough.
        float[][] scores = [[1, 1, 1, 1, 1, 1, 1, 1], [8, 0, 0, 0, 0, 0, 0, 0]];

        Assert.Equal(4, Cells(scores, 0.5, quantile: 1));
        Assert.Equal(1, Cells(new AdaKv(new GivenScores(scores)), 2, 8, 0.5, 1));
    }

    [Property(MaxTest = 300)]
    public void Select_AnyScores_EqualsPlainCount(
        NonEmptyArray<byte> levels, byte size, byte massSeed, byte quantileSeed, byte sinks, byte recent, bool adaptive)
    {
        const int Heads = 3;
        int tokens = (size % 20) + 1;
        double mass = ((massSeed % 20) + 1) / 20.0;
        double quantile = ((quantileSeed % 10) + 1) / 10.0;
        float[] values = [0, 1, 2, 3, 5, 8, 13, 21, float.NaN, Infinity];
        float[][] scores = [.. Enumerable.Range(0, Heads).Select(head => Enumerable.Range(0, tokens)
            .Select(token => values[levels.Get[((head * tokens) + token) % levels.Get.Length] % values.Length]).ToArray())];
        var protection = new KvProtection(sinks % 4, recent % 4);
        IKvPolicy inner = new GivenScores(scores);
        IKvPolicy policy = adaptive ? new AdaKv(inner, 0.3) : inner;

        Assert.Equal(Expected(scores, mass, quantile, protection, policy as AdaKv), Cells(policy, Heads, tokens, mass, quantile, protection));
    }

    private static int Expected(float[][] scores, double mass, double quantile, KvProtection protection, AdaKv? adaptive)
    {
        int tokens = scores[0].Length;
        bool IsFirst(int head, int token) =>
            token < protection.Sinks || token >= tokens - protection.Recent || float.IsPositiveInfinity(scores[head][token]);
        double Finite(float score) => float.IsFinite(score) ? score : 0;
        double[] wholes = [.. scores.Select(head => head.Sum(Finite))];
        int[] firsts = [.. scores.Select((_, head) => Enumerable.Range(0, tokens).Count(token => IsFirst(head, token)))];
        int[][] orders = [.. scores.Select((row, head) => Enumerable.Range(0, tokens)
            .OrderByDescending(token => IsFirst(head, token)).ThenByDescending(token => float.IsNaN(row[token]) ? -1 : row[token]).ToArray())];
        double Retained(int head, int cells) =>
            wholes[head] == 0 ? 1 : orders[head].Take(Math.Max(cells, firsts[head])).Sum(token => Finite(scores[head][token])) / wholes[head];

        int[] counts = [.. scores.Select((_, head) =>
            Enumerable.Range(firsts[head], tokens + 1).First(cells => Retained(head, cells) >= mass))];
        if (adaptive is not null)
        {
            float[] shares = [.. scores.SelectMany((row, head) => row.Select((score, token) =>
                IsFirst(head, token) ? Infinity : score / (wholes[head] > 0 ? (float)wholes[head] : 1)))];
            counts = Enumerable.Range(1, tokens)
                .Select(cells => adaptive.Allocate(shares, scores.Length, cells))
                .First(budgets => budgets.Select((cells, head) => Retained(head, cells)).Sum() >= mass * scores.Length);
        }

        int rank = (int)Math.Ceiling((decimal)quantile * scores.Length);
        return new[] { counts.Order().ElementAt(rank - 1), firsts.Max(), 1 }.Max();
    }

    private static int Cells(float[][] scores, double mass, double quantile = 0.9, KvProtection? protection = null) =>
        Cells(new GivenScores(scores), scores.Length, scores[0].Length, mass, quantile, protection);

    private static int Cells(IKvPolicy policy, int heads, int tokens, double mass, double quantile, KvProtection? protection = null)
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, tokens, heads, 8);
        return new KvSelector(policy, 1).Select(
            [new KvLayerTensors(keys.View, default)], KvBudget.ByMass(mass, quantile), protection ?? KvProtection.None).Cells;
    }
}
