using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Kernels;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;
using FsCheck;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Policies.Attention;

/// <summary>What holds for any cache and any window.</summary>
public class AttentionProperties
{
    private const int Heads = 3;
    private const int Group = 2;
    private const int HeadDimension = 16;

    private static readonly int[] Order = [2, 0, 1];

    [Property]
    public void Sum_AnyWindow_IsOneForEachQuery(byte size, byte window, int seed)
    {
        (float[][][] keyRows, float[][][] queryRows) = Draw(size, window, seed);
        using var keys = TestTensor.Of(keyRows);
        int rows = queryRows[0].Length;
        float[] sums = new float[queryRows.Length * keys.View.Tokens];
        WindowAttention.Sum(keys.View, TestQueries.Of(queryRows, rows), rows, sums);

        Assert.All(sums.Chunk(keys.View.Tokens), head => Assert.Equal(rows, head.Sum(sum => (double)sum), rows * 1e-5));
    }

    [Property]
    public void Score_PermutedHeads_PermutesScores(byte policy, byte size, byte window, int seed)
    {
        (float[][][] keyRows, float[][][] queryRows) = Draw(size, window, seed);
        float[][][] valueRows = Scoring.Rows(Heads, keyRows[0].Length, HeadDimension, seed + 2);
        float[][] weights = Scoring.Rows(1, 10, Heads * Group * HeadDimension, seed + 3)[0];
        int[] queryOrder = [.. Order.SelectMany(head => Enumerable.Range(head * Group, Group))];
        float[][] permutedWeights =
        [
            .. weights.Select(row => queryOrder.SelectMany(head => row.Chunk(HeadDimension).ElementAt(head)).ToArray()),
        ];

        float[][] scores = Score(Policy(policy), keyRows, valueRows, queryRows, weights);
        float[][] permuted = Score(
            Policy(policy),
            [.. Order.Select(head => keyRows[head])],
            [.. Order.Select(head => valueRows[head])],
            [.. queryOrder.Select(head => queryRows[head])],
            permutedWeights);

        for (int head = 0; head < Heads; head++)
        {
            // TOVA sums over heads in their order.
            ScoreAssert.Equal(scores[Order[head]], permuted[head], 1e-5);
        }
    }

    [Property]
    public void Select_Window_IsKeptAsFarAsTheBudgetReaches(byte policy, byte size, byte window, ushort cells, int seed)
    {
        (float[][][] keyRows, float[][][] queryRows) = Draw(size, window, seed);
        int tokens = keyRows[0].Length;
        int rows = Math.Min(queryRows[0].Length, Policy(policy).QueryWindow);
        int budget = Math.Max(1, rows + (cells % (tokens - rows + 1)));
        using var keys = TestTensor.Of(keyRows);
        using var values = TestTensor.Of(Scoring.Rows(Heads, tokens, HeadDimension, seed + 2));
        KvLayerTensors layer = Layer(keys, values, queryRows, Scoring.Rows(1, 10, Heads * Group * HeadDimension, seed + 3)[0]);

        KvSelection selection = new KvSelector(Policy(policy), 1).Select([layer], KvBudget.FromCells(budget), KvProtection.None);

        for (int head = 0; head < Heads; head++)
        {
            Assert.Equal(Enumerable.Range(tokens - rows, rows), selection[0, head].ToArray()[^rows..]);
        }
    }

    [Property]
    public void Select_NonFiniteRows_AreNeverKept(byte policy, KvElementType type, PositiveInt seed)
    {
        KvElementType element = type is KvElementType.Q8_0 or KvElementType.Q4_0 ? KvElementType.F16 : type;
        var random = new Random(seed.Get);
        using var keys = TestTensor.Random(element, KvLayout.TokenMajor, 130, Heads, HeadDimension, seed.Get);
        using var values = TestTensor.Random(element, KvLayout.TokenMajor, 130, Heads, HeadDimension, seed.Get + 1);
        bool readsValues = Policy(policy).Inputs.HasFlag(KvPolicyInputs.Values);
        int[] bad = [.. Enumerable.Range(0, 130).OrderBy(_ => random.Next()).Take(40)];
        float[] poisons = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        foreach (int token in bad)
        {
            (readsValues && random.Next(2) == 0 ? values : keys).Set(1, token, random.Next(HeadDimension), poisons[random.Next(3)]);
        }

        float[][][] queryRows = Scoring.Rows(Heads * Group, 12, HeadDimension, seed.Get);
        KvLayerTensors layer = Layer(keys, values, queryRows, Scoring.Rows(1, 10, Heads * Group * HeadDimension, seed.Get)[0]);
        KvSelection selection = new KvSelector(Policy(policy), 1).Select([layer], KvBudget.FromCells(90), KvProtection.None);

        Assert.Equal(Enumerable.Range(0, 130).Except(bad), selection[0, 1].ToArray());
    }

    private static (float[][][] Keys, float[][][] Queries) Draw(byte size, byte window, int seed)
    {
        int tokens = size + 1;
        int rows = Math.Min((window % 20) + 1, tokens);
        return (Scoring.Rows(Heads, tokens, HeadDimension, seed), Scoring.Rows(Heads * Group, rows, HeadDimension, seed + 1));
    }

    private static IKvPolicy Policy(byte number) => (number % 6) switch
    {
        0 => new SnapKv(window: 12),
        1 => new SnapKv(window: 6, pool: 7, SnapKvPooling.Max),
        2 => new DropKv(window: 9),
        3 => new Tova(),
        4 => new KvZip(),
        _ => new CriticalKv(new SnapKv(window: 5)),
    };

    private static KvLayerTensors Layer(TestTensor keys, TestTensor values, float[][][] queryRows, float[][] weights)
    {
        KvQueries queries = TestQueries.Of(queryRows, queryRows[0].Length);
        return new(keys.View, values.View, queries)
        {
            OutputWeights = new TestOutputWeights([.. weights.SelectMany(row => row)], weights.Length),
            ReconstructionAttention = Reconstruction.Observe(keys.View, queries),
        };
    }

    private static float[][] Score(IKvPolicy policy, float[][][] keyRows, float[][][] valueRows, float[][][] queryRows, float[][] weights)
    {
        using var keys = TestTensor.Of(keyRows);
        using var values = TestTensor.Of(valueRows);
        float[] scores = new float[Heads * keys.View.Tokens];
        policy.Score(new KvLayer(0, Layer(keys, values, queryRows, weights), 8, 0), scores);
        return [.. scores.Chunk(keys.View.Tokens)];
    }
}
