using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;

namespace CurKv.KvPolicy.Naming;

/// <summary>The library's own policies: their names, their arguments and what these are by default.</summary>
internal static class BuiltInPolicies
{
    /// <summary>All of them, in the order in which they are listed.</summary>
    public static IReadOnlyList<KvPolicyDefinition> All { get; } =
    [
        Alone("curdkv", a => new CurDkv(new() { Combination = Combination(a), ValueExponent = a.Number("value", CurDkvOptions.DefaultValueExponent) })),
        Alone("curdkv-norms", a => new CurDkv(new() { Variant = CurDkvVariant.Norms, Combination = Combination(a) })),
        Alone("curdkv-sketch", a => new CurDkv(new()
        {
            Variant = CurDkvVariant.Sketch,
            Combination = Combination(a),
            SketchColumns = a.Whole("columns", CurDkvOptions.DefaultSketchColumns),
            SketchSeed = a.Seed("seed", CurDkvOptions.DefaultSketchSeed),
        })),
        Alone("curdkv-local", a => new CurDkv(new()
        {
            Variant = CurDkvVariant.LocalNorms,
            Combination = Combination(a),
            LocalWindow = new(
                a.Whole("window", CurDkvWindow.DefaultTokens), a.Flag("divide", off: "mean", on: "sum"), a.Flag("partial", off: "last", on: "first")),
        })),
        Alone("curdkv-exact", a => new CurDkv(new() { Variant = CurDkvVariant.Exact, Combination = Combination(a) })),
        Alone("adacurdkv", _ => new AdaKv(new CurDkv())),
        Alone("snapkv", a => new SnapKv(
            a.Whole("window", SnapKv.DefaultWindow), a.Whole("pool", SnapKv.DefaultPool), a.Word("pooling", SnapKvPooling.Average))),
        Alone("cursnap", _ => new PolicyProduct(new SnapKv(), new CurDkv(new() { Variant = CurDkvVariant.LocalNorms }))),
        Alone("dropkv", a => new DropKv(a.Whole("window", DropKv.DefaultWindow))),
        Alone("tova", _ => new Tova()),
        Alone("kvzip", _ => new KvZip()),
        Alone("value", _ => new ValueNorm()),
        Alone("keydiff", _ => new KeyDiff()),
        Alone("keynorm", _ => new KeyNorm()),
        Alone("lagkv", a => new LagKv(a.Whole("lag", LagKv.DefaultLag), a.Flag("crossed"))),
        Alone("streaming", _ => new StreamingLlm()),
        Alone("random", a => new RandomTokens(a.Seed("seed", RandomTokens.DefaultSeed))),
        Around("chunk", a => new ChunkKv(a.Policy(), a.Whole("size", ChunkKv.DefaultSize))),
        Around("pool", a => new PooledPolicy(a.Policy(), a.Whole("size", PooledPolicy.DefaultSize))),
        Around("adaptive", a => new AdaKv(a.Policy(), a.Number("safeguard", AdaKv.DefaultSafeguard))),
        Around("critical", a => new CriticalKv(a.Policy(), a.Number("first", CriticalKv.DefaultFirstShare))),
    ];

    private static KvPolicyDefinition Alone(string name, Func<KvPolicyArguments, IKvPolicy> create) => new(name, TakesPolicy: false, create);

    private static KvPolicyDefinition Around(string name, Func<KvPolicyArguments, IKvPolicy> create) => new(name, TakesPolicy: true, create);

    private static CurDkvCombination Combination(KvPolicyArguments arguments) => arguments.Word("combine", CurDkvCombination.Product);
}
