using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Selection;

public sealed class KvSelectorTests : IDisposable
{
    private const int Tokens = 30;
    private const int Heads = 2;

    private static readonly RotaryEmbedding Rotary = new(10000, 32, Interleaved: true);
    private static readonly FakePolicy ByToken = new((_, _, token) => token);

    private readonly TestTensor _tensor = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads, 32, seed: 1);
    private readonly TestTensor _shorter = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens - 1, Heads, 32, seed: 1);
    private readonly TestTensor _narrower = TestTensor.Random(KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads - 1, 32, seed: 1);

    public void Dispose()
    {
        _tensor.Dispose();
        _shorter.Dispose();
        _narrower.Dispose();
    }

    [Fact]
    public void Constructor_NoPolicy_Throws() => Assert.Throws<ArgumentNullException>(() => new KvSelector(null!));

    [Fact]
    public void Constructor_NoParallelism_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new KvSelector(ByToken, 0));

    [Fact]
    public void Select_NullArgument_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => Select(ByToken, null!));
        Assert.Throws<ArgumentNullException>(() =>
            new KvSelector(ByToken).Select([Layer()], KvBudget.FromCells(8), null!, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Select_NoLayers_Throws() => Assert.Throws<ArgumentException>(() => Select(ByToken, []));

    [Fact]
    public void Select_EmptyCache_Throws() => Assert.Throws<ArgumentException>(() => Select(ByToken, [default]));

    [Fact]
    public void Select_LayersOfDifferentShape_Throws()
    {
        Assert.Throws<ArgumentException>(() => Select(ByToken, [Layer(), new KvLayerTensors(_shorter.View, default)]));
        Assert.Throws<ArgumentException>(() => Select(ByToken, [Layer(), new KvLayerTensors(_narrower.View, default)]));
    }

    [Fact]
    public void Select_ValuesThatDoNotFit_ThrowOnlyIfRead()
    {
        KvLayerTensors[] layers = [new(_tensor.View, _shorter.View)];

        Assert.Throws<ArgumentException>(() => Select(new CurDkv(), layers));
        Assert.Equal(8, Select(new KeyNorm(), layers).Cells);
    }

    [Fact]
    public unsafe void Select_NoMemory_ThrowsOnlyIfRead()
    {
        var shape = new KvTensor(null, KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads, 32, Heads * 64);
        KvLayerTensors[] noKeys = [new(shape, _tensor.View)];
        KvLayerTensors[] noValues = [new(_tensor.View, shape)];

        Assert.Throws<ArgumentException>(() => Select(new KeyNorm(), noKeys));
        Assert.Throws<ArgumentException>(() => Select(new CurDkv(), noValues));
        Assert.Equal(8, Select(new StreamingLlm(), noKeys).Cells);
        Assert.Equal(8, Select(new CurDkv(new CurDkvOptions { Combination = CurDkvCombination.Value }), noKeys).Cells);
    }

    [Fact]
    public void Select_QueriesWantedAndMissing_ThrowsWithPolicyAndLayer()
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => Select(QueryPolicy(), [Layer()]));

        Assert.Contains("'fake'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("layer 0", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 32)]
    [InlineData(4, 16)]
    public void Select_QueriesThatDoNotFit_Throws(int heads, int headDimension) =>
        Assert.Throws<ArgumentException>(() => Select(QueryPolicy(), [Layer() with { Queries = Queries(heads, headDimension) }]));

    [Fact]
    public void Select_QueriesThatFit_ReachThePolicy() =>
        Assert.Equal(8, Select(QueryPolicy(), [Layer() with { Queries = Queries(4, 32) }]).Cells);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Select_ScoresByLayerAndHead_KeepEachHeadsBest(int degreeOfParallelism)
    {
        // Every head of every layer prefers the tokens of another residue.
        var policy = new FakePolicy((layer, head, token) => (token + layer + head) % 5 == 0 ? 1 : 0);

        KvSelection selection = new KvSelector(policy, degreeOfParallelism).Select(
            [.. Enumerable.Repeat(Layer(), 9)], KvBudget.FromCells(6), KvProtection.None, TestContext.Current.CancellationToken);

        for (int layer = 0; layer < 9; layer++)
        {
            for (int head = 0; head < Heads; head++)
            {
                Assert.Equal(Enumerable.Range(0, Tokens).Where(token => (token + layer + head) % 5 == 0), selection[layer, head].ToArray());
            }
        }
    }

    [Fact]
    public void Select_Ratio_KeepsItsShareAndTheProtected()
    {
        var protection = new KvProtection(Sinks: 2, Recent: 1) { Ranges = [new TokenRange(9, 10)] };

        KvSelection selection = new KvSelector(ByToken).Select(
            [Layer()], KvBudget.FromRatio(0.8), protection, TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 9, 27, 28, 29], selection[0, 1].ToArray());
    }

    [Fact]
    public void Select_Budget_IsToldToThePolicy()
    {
        KvLayer seen = default;
        var policy = new RecordingPolicy(layer => seen = layer);

        new KvSelector(policy).Select(
            [Layer()], KvBudget.FromCells(3), new KvProtection(Sinks: 4, Recent: 0), TestContext.Current.CancellationToken);

        Assert.Equal((3, 3, Tokens, Heads), (seen.Budget, seen.Sinks, seen.Tokens, seen.Heads));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(null)]
    public void Select_Cancelled_Throws(int? cells) => Assert.Throws<OperationCanceledException>(() => new KvSelector(ByToken).Select(
        [Layer()],
        cells is int number ? KvBudget.FromCells(number) : KvBudget.ByMass(0.5),
        KvProtection.None,
        new CancellationToken(canceled: true)));

    [Fact]
    public void Select_RotationThatDoesNotFitTheHead_ThrowsOnlyIfRead()
    {
        KvLayerTensors[] keys = [Layer() with { KeyRotation = new HadamardRotation(64) }];
        KvLayerTensors[] values = [Layer() with { ValueRotation = new HadamardRotation(64) }];
        KvLayerTensors[] fitting = [Layer() with { KeyRotation = new HadamardRotation(32), ValueRotation = new HadamardRotation(16) }];

        Assert.Throws<ArgumentException>(() => Select(new KeyNorm(), keys));
        Assert.Throws<ArgumentException>(() => Select(new ValueNorm(), values));
        Assert.Equal(8, Select(new KeyNorm(), values).Cells);
        Assert.Equal(8, Select(new ValueNorm(), keys).Cells);
        Assert.Equal(8, Select(new CurDkv(), fitting).Cells);
    }

    [Fact]
    public void Select_WithinBudgetOrBudgetByMass_ScoresOnlyTheLatter()
    {
        CancellationToken token = TestContext.Current.CancellationToken;

        Assert.Equal(Tokens, new KvSelector(FakePolicy.ThatMustNotScore()).Select([Layer()], KvBudget.FromCells(Tokens), KvProtection.None, token).Cells);
        Assert.Equal(Tokens, new KvSelector(FakePolicy.ThatMustNotScore()).Select([Layer()], KvBudget.FromRatio(0), KvProtection.None, token).Cells);
        Assert.Throws<InvalidOperationException>(() =>
            new KvSelector(FakePolicy.ThatMustNotScore()).Select([Layer()], KvBudget.ByMass(1), KvProtection.None, token));
    }

    [Fact]
    public void Select_BudgetByMass_IsToldToThePolicyAsAllTokens()
    {
        KvLayer seen = default;
        var policy = new RecordingPolicy(layer => seen = layer);

        new KvSelector(policy).Select(
            [Layer()], KvBudget.ByMass(0.5), new KvProtection(Sinks: 4, Recent: 0), TestContext.Current.CancellationToken);

        Assert.Equal((Tokens, 4), (seen.Budget, seen.Sinks));
    }

    [Fact]
    public void Select_CompressedCache_KeepsProtectedPositionsOfEveryHeadAndLayer()
    {
        KvPositions[] positions = [.. Enumerable.Range(0, 3).Select(layer => TestPositions.Random(Heads, kept: 25, first: 60, seed: layer))];
        KvLayerTensors[] layers = [.. positions.Select(layer => Layer() with { Positions = layer }), Layer()];
        var range = new TokenRange(14, 24);

        KvSelection selection = new KvSelector(ByToken).Select(
            layers, KvBudget.FromCells(13), new KvProtection(0, 2) { Ranges = [range] }, TestContext.Current.CancellationToken);

        for (int i = 0; i < layers.Length * Heads; i++)
        {
            (int layer, int head) = (i / Heads, i % Heads);
            int[] inRange = [.. Enumerable.Range(0, Tokens).Where(cell =>
                (layer == 3 ? cell : positions[layer][head, cell]) is int position && position >= range.Start && position < range.End)];
            Assert.NotEmpty(inRange);
            Assert.Equal(inRange, selection[layer, head].ToArray().Intersect(inRange));
            Assert.Equal([28, 29], selection[layer, head].ToArray()[^2..]);

            // All else goes to the highest scores, which the last cells have.
            int[] rest = [.. Enumerable.Range(0, 28).Except(inRange).TakeLast(11 - inRange.Length)];
            Assert.Equal(rest, selection[layer, head].ToArray()[..^2].Except(inRange));
        }
    }

    [Fact]
    public void Select_PositionsOfAnotherCache_Throws()
    {
        Assert.Throws<ArgumentException>(() => Select(ByToken, [Layer() with { Positions = new KvPositions([0, 1, 2], 1, 9) }]));
        Assert.Throws<ArgumentException>(() => Select(ByToken, [Layer() with { Positions = TestPositions.Random(Heads, Tokens + 1, 90, seed: 1) }]));
        Assert.Equal(8, Select(ByToken, [Layer() with { Positions = TestPositions.Random(Heads, Tokens, 90, seed: 1) }]).Cells);
    }

    [Theory]
    [InlineData("curdkv", KvPolicyInputs.CentredKeyNorms | KvPolicyInputs.ValueNorms)]
    [InlineData("curdkv-norms", KvPolicyInputs.KeyNorms | KvPolicyInputs.ValueNorms)]
    [InlineData("curdkv-local", KvPolicyInputs.KeyNorms | KvPolicyInputs.ValueNorms)]
    [InlineData("keynorm", KvPolicyInputs.KeyNorms)]
    [InlineData("value", KvPolicyInputs.ValueNorms)]
    [InlineData("curdkv*pool(curdkv-norms(combine=key))", KvPolicyInputs.CentredKeyNorms | KvPolicyInputs.KeyNorms | KvPolicyInputs.ValueNorms)]
    [InlineData("chunk(curdkv|keynorm)", KvPolicyInputs.CentredKeyNorms | KvPolicyInputs.KeyNorms | KvPolicyInputs.ValueNorms)]
    public void Select_NormsFromElsewhere_EqualsRowsInMemory(string name, KvPolicyInputs inputs)
    {
        IKvPolicy policy = KvPolicyCatalog.Default.Create(name);
        KvLayerTensors[] layers = [Layer() with { Rotary = Rotary, Positions = TestPositions.Random(Heads, 25, 60, seed: 1) }, Layer()];
        KvLayerTensors[] shapes = [.. layers.Select(_ => Shapes() with { Norms = new MeasuredNorms(layers) })];

        KvSelection expected = Select(policy, layers);
        KvSelection actual = Select(policy, shapes);

        Assert.Equal(inputs, policy.Inputs);
        Assert.All(Enumerable.Range(0, layers.Length * Heads), i => Assert.Equal(expected[i / Heads, i % Heads].ToArray(), actual[i / Heads, i % Heads].ToArray()));
        Assert.Throws<ArgumentException>(() => Select(policy, [Shapes()]));
    }

    [Theory]
    [InlineData("keydiff")]
    [InlineData("curdkv-sketch")]
    [InlineData("curdkv-exact(combine=value)")]
    [InlineData("lagkv")]
    [InlineData("keynorm+keydiff")]
    public void Select_NormsForAPolicyThatReadsRows_Throws(string name) => Assert.Throws<ArgumentException>(() =>
        Select(KvPolicyCatalog.Default.Create(name), [Shapes() with { Norms = new MeasuredNorms(Layer()) }]));

    [Theory]
    [InlineData(KvPolicyInputs.Keys)]
    [InlineData(KvPolicyInputs.Values)]
    [InlineData(KvPolicyInputs.PlainElements)]
    [InlineData(KvPolicyInputs.KeyNorms | KvPolicyInputs.Values)]
    public void Select_NoRowsForAPolicyOfOnesOwn_Throws(KvPolicyInputs inputs) => Assert.Throws<ArgumentException>(() =>
        Select(new FakePolicy((_, _, token) => token, inputs), [Shapes() with { Norms = new MeasuredNorms(Layer()) }]));

    [Fact]
    public void Select_ValueNormsOfAnotherShape_Throws() => Assert.Throws<ArgumentException>(() =>
        Select(new ValueNorm(), [new KvLayerTensors(_tensor.View, _shorter.View) { Norms = new MeasuredNorms(Layer()) }]));

    [Fact]
    public void Select_ReconstructionAttentionMissingOrOfAnotherCache_ThrowsWithPolicyAndLayer()
    {
        KvLayerTensors given = Layer() with { ReconstructionAttention = new float[Heads * Tokens] };
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => Select(new KvZip(), [given, Layer()]));

        Assert.Contains("'kvzip'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("layer 1", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Select(new KvZip(), [given with { ReconstructionAttention = new float[Tokens] }]));
        Assert.Equal(8, Select(new KvZip(), [given]).Cells);
    }

    private static unsafe KvLayerTensors Shapes()
    {
        var shape = new KvTensor(null, KvElementType.F16, KvLayout.TokenMajor, Tokens, Heads, 32, Heads * 64);
        return new KvLayerTensors(shape, shape);
    }

    private static KvSelection Select(IKvPolicy policy, IReadOnlyList<KvLayerTensors> layers) =>
        new KvSelector(policy).Select(layers, KvBudget.FromCells(8), new KvProtection(), TestContext.Current.CancellationToken);

    private static FakePolicy QueryPolicy() => new((_, _, token) => token, KvPolicyInputs.WindowQueries);

    private static KvQueries Queries(int heads, int headDimension) => new(new float[heads * 4 * headDimension], heads, 4, headDimension);

    private KvLayerTensors Layer() => new(_tensor.View, _tensor.View);

    private sealed class RecordingPolicy(Action<KvLayer> record) : IKvPolicy
    {
        public string Name => "recording";

        public KvPolicyInputs Inputs => KvPolicyInputs.None;

        public void Score(in KvLayer layer, Span<float> scores)
        {
            scores.Clear();
            record(layer);
        }
    }
}
