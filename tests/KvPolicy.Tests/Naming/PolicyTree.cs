using System.Globalization;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;
using FsCheck;
using FsCheck.Fluent;

namespace CurKv.KvPolicy.Tests.Naming;

/// <summary>A policy, and a text that names it with every bracket and every argument written out.</summary>
public sealed record PolicyTree(IKvPolicy Policy, string Text)
{
    private static readonly double[] Shares = [1e-5, 0.1, 0.2, 0.25, 0.3, 0.5, 0.9];

    /// <summary>Trees of up to four levels over every policy and random settings.</summary>
    public static Arbitrary<PolicyTree> Arbitrary() => Gen.Choose(int.MinValue, int.MaxValue).Select(seed => Tree(new Random(seed), 3)).ToArbitrary();

    public override string ToString() => Text;

    private static PolicyTree Tree(Random random, int depth)
    {
        int kind = random.Next(depth == 0 ? 1 : 7);
        if (kind == 0)
        {
            return Leaf(random);
        }

        PolicyTree first = Tree(random, depth - 1);
        int size = random.Next(1, 40);
        double share = Share(random);
        return kind switch
        {
            1 => Join(first, "*", (a, b) => new PolicyProduct(a, b)),
            2 when random.Next(2) == 0 => Join(first, Invariant($"+{share}*"), (a, b) => new PolicySum(a, b, share)),
            2 => Join(first, "+", (a, b) => new PolicySum(a, b)),
            3 => Join(first, "|", (a, b) => new PolicyUnion(a, b)),
            4 when size % 2 == 1 => new(new PooledPolicy(first.Policy, size), $"pool({first.Text},size={size})"),
            4 => new(new ChunkKv(first.Policy, size), $"chunk({first.Text},size={size})"),
            5 => new(new AdaKv(first.Policy, share), Invariant($"adaptive({first.Text},safeguard={share})")),
            _ => new(new CriticalKv(first.Policy, share), Invariant($"critical({first.Text},first={share})")),
        };

        PolicyTree Join(PolicyTree left, string sign, Func<IKvPolicy, IKvPolicy, IKvPolicy> join)
        {
            PolicyTree right = Tree(random, depth - 1);
            return new(join(left.Policy, right.Policy), $"({left.Text}){sign}({right.Text})");
        }
    }

    private static PolicyTree Leaf(Random random)
    {
        int count = random.Next(1, 200);
        int pool = (random.Next(0, 12) * 2) + 1;
        ulong seed = (ulong)random.NextInt64();
        SnapKvPooling pooling = random.Next(2) == 0 ? SnapKvPooling.Average : SnapKvPooling.Max;
        bool flag = random.Next(2) == 0;
        return random.Next(11) switch
        {
            0 => new(new SnapKv(count, pool, pooling), $"snapkv(window={count},pool={pool},pooling={pooling})"),
            1 => new(new DropKv(count), $"dropkv(window={count})"),
            2 => new(new LagKv(count, flag), $"lagkv(lag={count},crossed={flag})"),
            3 => new(new RandomTokens(seed), $"random(seed={seed})"),
            4 => new(new Tova(), "tova"),
            5 => new(new KvZip(), "kvzip"),
            6 => new(new ValueNorm(), "value"),
            7 => new(new KeyDiff(), "keydiff"),
            8 => new(new KeyNorm(), "keynorm"),
            9 => new(new StreamingLlm(), "streaming"),
            _ => CurDkv(random, count, seed),
        };
    }

    private static PolicyTree CurDkv(Random random, int count, ulong seed)
    {
        CurDkvCombination combine = Enum.GetValues<CurDkvCombination>()[random.Next(4)];
        CurDkvVariant variant = Enum.GetValues<CurDkvVariant>()[random.Next(5)];
        double share = Share(random);
        var window = new CurDkvWindow(count, random.Next(2) == 0, random.Next(2) == 0);
        var policy = new CurDkv(new CurDkvOptions
        {
            Variant = variant,
            Combination = combine,
            ValueExponent = share,
            SketchColumns = count,
            SketchSeed = seed,
            LocalWindow = window,
        });
        string text = variant switch
        {
            CurDkvVariant.Centred => Invariant($"curdkv(combine={combine},value={share})"),
            CurDkvVariant.Norms => $"curdkv-norms(combine={combine})",
            CurDkvVariant.Sketch => $"curdkv-sketch(seed={seed},columns={count},combine={combine})",
            CurDkvVariant.LocalNorms =>
                $"curdkv-local(partial={(window.AlignRight ? "first" : "last")},divide={(window.DivideBySum ? "sum" : "mean")},window={count},combine={combine})",
            _ => $"curdkv-exact(combine={combine})",
        };
        return new(policy, text);
    }

    private static double Share(Random random) => Shares[random.Next(Shares.Length)];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
