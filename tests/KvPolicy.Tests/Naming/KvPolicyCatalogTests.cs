using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Naming;

public class KvPolicyCatalogTests
{
    private const string Snap = "SnapKv(64, 5, Average)";

    [Fact]
    public void Create_Null_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => KvPolicyCatalog.Default.Create(null!));
        Assert.Throws<ArgumentNullException>(() => KvPolicyCatalog.Default.TryCreate(null!, out _, out _));
    }

    [Fact]
    public void Names_EachByItself_CreatesAPolicy()
    {
        Assert.Equal(
            [
                "curdkv", "curdkv-norms", "curdkv-sketch", "curdkv-local", "curdkv-exact", "adacurdkv", "snapkv", "cursnap", "dropkv",
                "tova", "kvzip", "value", "keydiff", "keynorm", "lagkv", "streaming", "random",
            ],
            KvPolicyCatalog.Default.Names);
        Assert.All(KvPolicyCatalog.Default.Names, name => Assert.NotNull(KvPolicyCatalog.Default.Create(name)));
    }

    [Theory]
    [InlineData("tova*keydiff+kvzip|value", "Union(Sum(Product(Tova, KeyDiff), KvZip), ValueNorm)")]
    [InlineData("tova|keydiff+kvzip*value", "Union(Tova, Sum(KeyDiff, Product(KvZip, ValueNorm)))")]
    [InlineData("tova*keydiff*kvzip", "Product(Product(Tova, KeyDiff), KvZip)")]
    [InlineData("tova+keydiff+kvzip", "Sum(Sum(Tova, KeyDiff), KvZip)")]
    [InlineData("tova+4*keydiff*kvzip+0.5*value", "Sum(Sum(Tova, 4 x Product(KeyDiff, KvZip)), 0.5 x ValueNorm)")]
    [InlineData("tova + 1.5e-3 * (keydiff+value)", "Sum(Tova, 0.0015 x Sum(KeyDiff, ValueNorm))")]
    [InlineData("tova|keydiff|kvzip", "Union(Union(Tova, KeyDiff), KvZip)")]
    [InlineData("tova*(keydiff*kvzip)", "Product(Tova, Product(KeyDiff, KvZip))")]
    [InlineData("(tova|keydiff)*(kvzip+value)", "Product(Union(Tova, KeyDiff), Sum(KvZip, ValueNorm))")]
    [InlineData("((tova))", "Tova")]
    [InlineData("chunk(tova|kvzip+value)", "Chunk(Union(Tova, Sum(KvZip, ValueNorm)), 20)")]
    [InlineData("chunk(tova)*kvzip", "Product(Chunk(Tova, 20), KvZip)")]
    [InlineData("chunk((tova),size=3)", "Chunk(Tova, 3)")]
    [InlineData("value*chunk(value)", "Product(ValueNorm, Chunk(ValueNorm, 20))")]
    public void Create_Operators_BindAsWritten(string name, string structure) => Assert.Equal(structure, PolicyStructure.Of(KvPolicyCatalog.Default.Create(name)));

    [Theory]
    [InlineData("snapkv", Snap)]
    [InlineData("snapkv(pooling=max,window=32)", "SnapKv(32, 5, Max)")]
    [InlineData("SnapKV ( Pool = 13 )", "SnapKv(64, 13, Average)")]
    [InlineData("\tsnapkv\n", Snap)]
    [InlineData("dropkv", "DropKv(64)")]
    [InlineData("lagkv", "LagKv(128, False)")]
    [InlineData("lagkv(crossed=TRUE)", "LagKv(128, True)")]
    [InlineData("lagkv(crossed=false,lag=64)", "LagKv(64, False)")]
    [InlineData("critical(tova)", "Critical(Tova, 0.5)")]
    [InlineData("critical(tova,first=0.25)", "Critical(Tova, 0.25)")]
    [InlineData("adaptive(tova)", "Adaptive(Tova, 0.2)")]
    [InlineData("adaptive(tova,safeguard=1e-1)", "Adaptive(Tova, 0.1)")]
    [InlineData("adacurdkv", "Adaptive(curdkv, 0.2)")]
    [InlineData("cursnap", $"Product({Snap}, curdkv-local)")]
    [InlineData("curdkv(value=0.5,combine=key)", "curdkv(value=0.5,combine=key)")]
    [InlineData("curdkv(value=0.25,combine=product)", "curdkv")]
    [InlineData("curdkv-norms(combine=mean)", "curdkv-norms(combine=mean)")]
    [InlineData("curdkv-sketch(seed=18446744073709551615,columns=8)", "curdkv-sketch(columns=8,seed=18446744073709551615)")]
    [InlineData("curdkv-local(partial=first,divide=sum,window=32)", "curdkv-local(window=32,divide=sum,partial=first)")]
    [InlineData("curdkv-exact(combine=value)", "curdkv-exact(combine=value)")]
    [InlineData("random(seed=7)", "random(seed=7)")]
    public void Create_Arguments_AreThePolicys(string name, string structure) => Assert.Equal(structure, PolicyStructure.Of(KvPolicyCatalog.Default.Create(name)));

    [Theory]
    [InlineData("", 0, "A policy is expected, not the end")]
    [InlineData("  ", 2, "A policy is expected, not the end")]
    [InlineData("snapvk", 0, "There is no policy \"snapvk\" (character 1). Did you mean \"snapkv\"?")]
    [InlineData("chunk( snapvk)", 7, "There is no policy \"snapvk\" (character 8). Did you mean \"snapkv\"?")]
    [InlineData("curdkv+", 7, "A policy is expected, not the end")]
    [InlineData("*curdkv", 0, "A policy is expected, not \"*\"")]
    [InlineData("4*curdkv", 0, "A policy is expected, not \"4\"")]
    [InlineData("tova*4*curdkv", 5, "A policy is expected, not \"4\"")]
    [InlineData("tova+4curdkv", 5, "\"4curdkv\" is not a number")]
    [InlineData("tova+4 curdkv", 7, "\"*\" is expected behind a weight, not \"c\"")]
    [InlineData("tova+ 0*curdkv", 6, "The second policy's weight must lie above 0")]
    [InlineData("curdkv tova", 7, "\"t\" is not expected here")]
    [InlineData("curdkv)", 6, "\")\" is not expected here")]
    [InlineData("tova+(curdkv", 12, "The bracket of character 6 is not closed")]
    [InlineData("(curdkv;tova)", 7, "\";\" is not expected here")]
    [InlineData("curdkv\0", 6, "U+0000 is not expected here")]
    [InlineData("😀", 0, "A policy is expected, not \"😀\"")]
    [InlineData("tova()", 5, "A policy is expected, not \")\"")]
    [InlineData("snapkv(window=64", 16, "The bracket of character 7 is not closed")]
    [InlineData("snapkv(64)", 7, "A policy is expected, not \"6\"")]
    [InlineData("snapkv(windw=64)", 7, "\"snapkv\" has no argument \"windw\" (character 8). It takes window, pool, pooling.")]
    [InlineData("tova(window=64)", 5, "\"tova\" has no argument \"window\" (character 6). It takes no named arguments.")]
    [InlineData("snapkv(pool=5,POOL=5)", 14, "\"POOL\" is set twice")]
    [InlineData("snapkv(window=)", 14, "\"window\" has no value")]
    [InlineData("snapkv(window=abc)", 14, "\"window\" is a whole number up to 2147483647, not \"abc\"")]
    [InlineData("snapkv(window=1.5)", 14, "\"window\" is a whole number")]
    [InlineData("snapkv(window=9999999999)", 14, "\"window\" is a whole number up to 2147483647")]
    [InlineData("snapkv(pooling=mean)", 15, "\"pooling\" is one of average, max, not \"mean\"")]
    [InlineData("snapkv(pooling=1)", 15, "\"pooling\" is one of average, max, not \"1\"")]
    [InlineData("lagkv(crossed=yes)", 14, "\"crossed\" is false or true, not \"yes\"")]
    [InlineData("random(seed=-1)", 12, "\"seed\" is a whole number from 0")]
    [InlineData("curdkv(value=nan)", 13, "\"value\" is a number, such as 0.25, not \"nan\"")]
    [InlineData("curdkv(value=1e999)", 13, "\"value\" is a number")]
    [InlineData("chunk", 0, "\"chunk\" needs a policy (character 1). Put one into brackets, such as chunk(curdkv).")]
    [InlineData("tova+chunk(size=20)", 5, "\"chunk\" needs a policy")]
    [InlineData("chunk(size=20,tova)", 14, "Only the first argument can be a policy")]
    [InlineData("chunk(tova,kvzip)", 11, "Only the first argument can be a policy")]
    [InlineData("snapkv(tova)", 7, "\"snapkv\" takes no policy (character 8). It takes window, pool, pooling.")]
    [InlineData("curdkv(combine=key,value=2)", 25, "ValueExponent must lie between 0 and 1 (character 26).")]
    [InlineData("curdkv-sketch(seed=1,columns=0)", 29, "SketchColumns")]
    [InlineData("curdkv-local(divide=sum,window=0)", 31, "LocalWindow.Tokens")]
    [InlineData("curdkv(value=2,vlaue=1)", 15, "\"curdkv\" has no argument \"vlaue\"")]
    public void TryCreate_BadName_PointsAtTheCharacter(string name, int position, string problem)
    {
        Assert.False(KvPolicyCatalog.Default.TryCreate(name, out IKvPolicy? policy, out KvPolicyNameException? error));

        Assert.Null(policy);
        Assert.Equal((name, position), (error.Text, error.Position));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains($"(character {position + 1})", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("curdkv(value=2)", 13)]
    [InlineData("snapkv(pool=5,window=0)", 21)]
    [InlineData("snapkv(window=8,pool=0)", 21)]
    [InlineData("dropkv(window=0)", 14)]
    [InlineData("lagkv(crossed=true,lag=0)", 23)]
    [InlineData("chunk(tova,size=0)", 16)]
    [InlineData("adaptive(curdkv,safeguard=2)", 26)]
    [InlineData("critical(snapkv,first=2)", 22)]
    public void TryCreate_ValueThatTheConstructorRefuses_PointsAtTheValue(string name, int position)
    {
        Assert.False(KvPolicyCatalog.Default.TryCreate(name, out _, out KvPolicyNameException? error));

        Assert.Equal(position, error.Position);
        Assert.IsType<ArgumentOutOfRangeException>(error.InnerException);
    }

    [Fact]
    public void Create_BadName_ShowsTheNameAndTheKnownOnes()
    {
        KvPolicyNameException error = Assert.Throws<KvPolicyNameException>(() => KvPolicyCatalog.Default.Create("chunk(snapvk)"));

        Assert.Equal(
            """
            There is no policy "snapvk" (character 7). Did you mean "snapkv"? Known: curdkv, curdkv-norms, curdkv-sketch, curdkv-local, curdkv-exact, adacurdkv, snapkv, cursnap, dropkv, tova, kvzip, value, keydiff, keynorm, lagkv, streaming, random, chunk(…), pool(…), adaptive(…), critical(…).
            chunk(snapvk)
                  ^
            """.ReplaceLineEndings("\n"),
            error.Message);
    }

    [Fact]
    public void Create_NothingClose_SuggestsNothing() => Assert.DoesNotContain(
        "Did you mean", Assert.Throws<KvPolicyNameException>(() => KvPolicyCatalog.Default.Create("quest")).Message, StringComparison.Ordinal);

    [Fact]
    public void Create_LongNameWithTabs_ShowsThePartAroundTheCharacter()
    {
        string text = $"{string.Concat(Enumerable.Repeat("tova\t+ ", 20))}nosuch{string.Concat(Enumerable.Repeat(" + tova", 20))}";
        string[] lines = Assert.Throws<KvPolicyNameException>(() => KvPolicyCatalog.Default.Create(text)).Message.Split('\n');

        Assert.Equal(3, lines.Length);
        Assert.Equal(122, lines[1].Length);
        Assert.StartsWith("nosuch", lines[1][lines[2].IndexOf('^', StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.DoesNotContain('\t', lines[1]);
    }

    [Fact]
    public void Create_RefusedByTheConstructor_KeepsItsException()
    {
        KvPolicyNameException error = Assert.Throws<KvPolicyNameException>(() => KvPolicyCatalog.Default.Create("curdkv(value=2)"));

        Assert.Equal("options.ValueExponent", Assert.IsType<ArgumentOutOfRangeException>(error.InnerException).ParamName);
        Assert.StartsWith("ValueExponent must lie between 0 and 1 (character 14).\n", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(", "", "")]
    [InlineData("chunk(", "", "")]
    [InlineData("(", "curdkv", ")")]
    [InlineData("curdkv+", "curdkv", "")]
    [InlineData("curdkv*(", "curdkv", ")")]
    [InlineData("snapkv(a=1,", "", "")]
    public void Create_EndlessNesting_Throws(string before, string middle, string after)
    {
        string text = string.Concat(Enumerable.Repeat(before, 100_000)) + middle + string.Concat(Enumerable.Repeat(after, 100_000));

        KvPolicyNameException error = Assert.Throws<KvPolicyNameException>(() => KvPolicyCatalog.Default.Create(text));
        Assert.InRange(error.Message.Length, 1, 600);
    }

    [Fact]
    public void Create_200Signs_AreTheMost()
    {
        Assert.Equal("Tova", PolicyStructure.Of(KvPolicyCatalog.Default.Create(Brackets(100))));
        KvPolicyNameException error = Assert.Throws<KvPolicyNameException>(() => KvPolicyCatalog.Default.Create(Brackets(101)));

        Assert.Equal(204, error.Position);
        Assert.StartsWith("There are more than 200", error.Message, StringComparison.Ordinal);

        static string Brackets(int count) => $"{new string('(', count)}tova{new string(')', count)}";
    }

    [Fact]
    public void Create_OwnPolicy_IsFoundInCompositionsToo()
    {
        var mine = new NamedPolicy("Mine-2");
        var catalog = new KvPolicyCatalog([mine, new NamedPolicy("other")]);

        Assert.Same(mine, catalog.Create("mine-2"));
        Assert.Same(mine, Assert.IsType<ChunkKv>(catalog.Create("chunk(MINE-2)")).Inner);
        Assert.Same(mine, Assert.IsType<PolicySum>(catalog.Create("curdkv + mine-2")).Second);
        Assert.Equal(["random", "Mine-2", "other"], catalog.Names.TakeLast(3));
        Assert.Contains("Did you mean \"Mine-2\"?", Assert.Throws<KvPolicyNameException>(() => catalog.Create("mine2")).Message, StringComparison.Ordinal);
        Assert.Contains("takes no policy", Assert.Throws<KvPolicyNameException>(() => catalog.Create("mine-2(tova)")).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Mine-2", KvPolicyCatalog.Default.Names);
    }

    [Theory]
    [InlineData("CurDKV", "There is already a policy \"curdkv\"")]
    [InlineData("chunk", "There is already a policy \"chunk\"")]
    [InlineData("cursnap", "There is already a policy \"cursnap\"")]
    [InlineData("twice", "There is already a policy \"twice\"")]
    [InlineData("", "\"\" cannot be a policy's name")]
    [InlineData("2nd", "\"2nd\" cannot be a policy's name")]
    [InlineData("a b", "\"a b\" cannot be a policy's name")]
    [InlineData("a+b", "\"a+b\" cannot be a policy's name")]
    [InlineData("größe", "\"größe\" cannot be a policy's name")]
    [InlineData(null, "is null")]
    public void Constructor_UnusableOwnName_SaysWhich(string? name, string problem)
    {
        ArgumentException error = Assert.Throws<ArgumentException>("own", () => new KvPolicyCatalog([new NamedPolicy("twice"), new NamedPolicy(name!)]));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_NullPolicy_Throws() => Assert.Throws<ArgumentException>("own", () => new KvPolicyCatalog([null!]));

    [Fact]
    public void Name_CurDkvSettingsOfOtherVariants_AreLeftOut()
    {
        var options = new CurDkvOptions { Variant = CurDkvVariant.Norms, ValueExponent = 1, SketchSeed = 7, SketchColumns = 3, LocalWindow = CurDkvWindow.Authors };

        Assert.Equal("curdkv-norms", new CurDkv(options).Name);
    }

    [Fact]
    public void Create_PublishedWindows_AreThose()
    {
        var kvPress = new CurDkv(new() { Variant = CurDkvVariant.LocalNorms, LocalWindow = CurDkvWindow.KvPress });
        var authors = new CurDkv(new() { Variant = CurDkvVariant.LocalNorms, LocalWindow = CurDkvWindow.Authors });
        using var keys = TestTensor.Random(KvElementType.F32, KvLayout.TokenMajor, 41, 2, 8, 1);
        using var values = TestTensor.Random(KvElementType.F32, KvLayout.TokenMajor, 41, 2, 8, 2);

        Assert.Equal(("curdkv-local(divide=sum)", "curdkv-local(divide=sum,partial=first)"), (kvPress.Name, authors.Name));
        foreach (CurDkv policy in new[] { kvPress, authors })
        {
            Assert.Equal(Scoring.Score(policy, keys.View, values.View), Scoring.Score(KvPolicyCatalog.Default.Create(policy.Name), keys.View, values.View));
        }
    }

    private sealed class NamedPolicy(string name) : IKvPolicy
    {
        public string Name => name;

        public KvPolicyInputs Inputs => KvPolicyInputs.None;

        public void Score(in KvLayer layer, Span<float> scores) => scores.Clear();
    }
}
