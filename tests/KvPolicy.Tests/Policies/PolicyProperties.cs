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

namespace CurKv.KvPolicy.Tests.Policies;

/// <summary>What holds for the combined and the query-free policies on any cache, through the selector.</summary>
public class PolicyProperties
{
    private const int Heads = 3;
    private const int HeadDimension = 8;

    private static readonly IKvPolicy Norms = new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.Norms });

    // ChunkKV keeps one set of tokens for all heads, so the order of heads is nothing to it.
    private static readonly IKvPolicy[] PerHead =
    [
        new ValueNorm(), new KeyDiff(), new LagKv(5), new LagKv(5, crossed: true), new PolicySum(new CurDkv(), new KeyDiff()),
        new PolicyProduct(new CurDkv(), new ValueNorm()), new PolicyUnion(new KeyNorm(), new ValueNorm()), new AdaKv(Norms),
        new PolicyUnion(new PolicySum(new CurDkv(), new ValueNorm()), new LagKv(5)),
    ];

    private static readonly IKvPolicy[] All = [.. PerHead, new ChunkKv(Norms, 4), new ChunkKv(new PolicyUnion(Norms, new KeyDiff()), 7)];

    [Property(MaxTest = 300)]
    public void Select_AnyCache_KeepsAsManyAscendingTokensAndTheProtected(byte which, byte size, ushort budget, byte sinks, byte recent, int seed)
    {
        int tokens = (size % 80) + 1;
        int cells = (budget % tokens) + 1;
        int first = Math.Min(sinks % 6, cells);
        int last = Math.Min(recent % 6, cells - first);
        using var keys = TestTensor.Of(Rows(tokens, seed));
        using var values = TestTensor.Of(Rows(tokens, seed + 1));

        KvSelection selection = Select(All[which % All.Length], keys.View, values.View, KvBudget.FromCells(cells), new KvProtection(first, last));

        AssertKept(selection, tokens, cells, first, last);
    }

    [Property]
    public void Select_BudgetByMass_KeepsAsManyAscendingTokensAndTheProtected(byte size, byte share, byte sinks, byte recent, int seed, bool adaptive)
    {
        int tokens = (size % 80) + 1;
        int first = Math.Min(sinks % 6, tokens);
        int last = Math.Min(recent % 6, tokens - first);
        IKvPolicy policy = adaptive ? new AdaKv(new CurDkv()) : new PolicyProduct(new CurDkv(), new ValueNorm());
        using var keys = TestTensor.Of(Rows(tokens, seed));
        using var values = TestTensor.Of(Rows(tokens, seed + 1));

        KvSelection selection = Select(policy, keys.View, values.View, KvBudget.ByMass((share + 1) / 256.0), new KvProtection(first, last));

        Assert.InRange(selection.Cells, Math.Max(1, first + last), tokens);
        AssertKept(selection, tokens, selection.Cells, first, last);
    }

    [Property(MaxTest = 200)]
    public void Select_PermutedHeads_PermutesTheKept(byte which, byte size, int seed)
    {
        int tokens = (size % 80) + 2;
        int[] order = [2, 0, 1];
        IKvPolicy policy = PerHead[which % PerHead.Length];
        float[][][] keyRows = Rows(tokens, seed);
        float[][][] valueRows = Rows(tokens, seed + 1);
        using var keys = TestTensor.Of(keyRows);
        using var values = TestTensor.Of(valueRows);
        using var permutedKeys = TestTensor.Of([.. order.Select(head => keyRows[head])]);
        using var permutedValues = TestTensor.Of([.. order.Select(head => valueRows[head])]);
        var budget = KvBudget.FromRatio(0.5);

        KvSelection kept = Select(policy, keys.View, values.View, budget, new KvProtection());
        KvSelection permuted = Select(policy, permutedKeys.View, permutedValues.View, budget, new KvProtection());

        for (int head = 0; head < Heads; head++)
        {
            Assert.Equal(kept[0, order[head]].ToArray(), permuted[0, head].ToArray());
        }
    }

    [Property(MaxTest = 300)]
    public void Select_NonFiniteRows_NeverEscape(byte which, PositiveInt seed, bool half)
    {
        // Zero rows among the others must not turn anything into NaN.
        const int Tokens = 60;
        KvElementType type = half ? KvElementType.F16 : KvElementType.F32;
        IKvPolicy policy = All[which % All.Length];
        var random = new Random(seed.Get);
        using var keys = TestTensor.Of(Rows(Tokens, seed.Get), type);
        using var values = TestTensor.Of(Rows(Tokens, seed.Get + 1), type);
        int[] shuffled = [.. Enumerable.Range(0, Tokens).OrderBy(_ => random.Next())];
        int[] bad = shuffled[..20];
        float[] poisons = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        foreach (int token in bad)
        {
            TestTensor target = ReadsKeys(policy) && (!ReadsValues(policy) || random.Next(2) == 0) ? keys : values;
            target.Set(1, token, random.Next(HeadDimension), poisons[random.Next(3)]);
        }

        foreach (int token in shuffled[20..25])
        {
            keys.SetRow(1, token, _ => 0);
            values.SetRow(1, token, _ => 0);
        }

        KvSelection selection = Select(policy, keys.View, values.View, KvBudget.FromCells(40), KvProtection.None);

        Assert.Equal(Enumerable.Range(0, Tokens).Except(bad), selection[0, 1].ToArray());
    }

    private static bool ReadsKeys(IKvPolicy policy) =>
        (policy.Inputs & (KvPolicyInputs.Keys | KvPolicyInputs.KeyNorms | KvPolicyInputs.CentredKeyNorms)) != 0;

    private static bool ReadsValues(IKvPolicy policy) => (policy.Inputs & (KvPolicyInputs.Values | KvPolicyInputs.ValueNorms)) != 0;

    private static float[][][] Rows(int tokens, int seed) => Scoring.Rows(Heads, tokens, HeadDimension, seed);

    private static KvSelection Select(IKvPolicy policy, in KvTensor keys, in KvTensor values, KvBudget budget, KvProtection protection) =>
        new KvSelector(policy, 1).Select([new KvLayerTensors(keys, values)], budget, protection);

    private static void AssertKept(KvSelection selection, int tokens, int cells, int first, int last)
    {
        for (int head = 0; head < Heads; head++)
        {
            int[] kept = selection[0, head].ToArray();
            Assert.Equal(cells, kept.Length);
            Assert.Equal(kept.Distinct().Order(), kept);
            Assert.All(kept, token => Assert.InRange(token, 0, tokens - 1));
            Assert.Equal(Enumerable.Range(0, first), kept[..first]);
            Assert.Equal(Enumerable.Range(tokens - last, last), kept[^last..]);
        }
    }
}
