using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Selection;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Selection;

public sealed class LayerShapesTests : IDisposable
{
    private const int Tokens = 6;
    private const int Heads = 2;
    private const int HeadDimension = 8;

    private readonly TestTensor _tensor = TestTensor.Random(KvElementType.F32, KvLayout.TokenMajor, Tokens, Heads, HeadDimension, seed: 1);

    public void Dispose() => _tensor.Dispose();

    [Theory]
    [InlineData(2, 10000, true)]
    [InlineData(HeadDimension, 1e-3, true)]
    [InlineData(0, 10000, false)]
    [InlineData(5, 10000, false)]
    [InlineData(HeadDimension + 2, 10000, false)]
    [InlineData(HeadDimension, 0, false)]
    [InlineData(HeadDimension, double.NaN, false)]
    public void Check_Rotary_HasToFitTheKeys(int dimensions, double frequencyBase, bool fits)
    {
        KvLayerTensors layer = Layer() with { Rotary = new RotaryEmbedding(frequencyBase, dimensions, Interleaved: false) };

        Assert.Equal(fits, Record.Exception(() => Check(KvPolicyInputs.Keys, layer)) is null);
        Check(KvPolicyInputs.Values, layer);
    }

    [Fact]
    public void Check_PlainElementsOfARotatedCache_ThrowsWithThePolicy()
    {
        var rotation = new HadamardRotation(HeadDimension);
        KvLayerTensors[] rotated = [Layer() with { KeyRotation = rotation }, Layer() with { ValueRotation = rotation }];

        Assert.All(rotated, layer => Assert.Contains(
            "'fake'",
            Assert.Throws<InvalidOperationException>(() => Check(KvPolicyInputs.PlainElements, layer)).Message,
            StringComparison.Ordinal));
        Assert.All(rotated, layer => Check(KvPolicyInputs.Keys | KvPolicyInputs.Values, layer));
        Check(KvPolicyInputs.PlainElements, Layer());
    }

    [Fact]
    public void Check_RotationOfAnotherLength_ThrowsWhereRowsAreRead()
    {
        KvLayerTensors keys = Layer() with { KeyRotation = new HadamardRotation(2 * HeadDimension) };
        KvLayerTensors values = Layer() with { ValueRotation = new HadamardRotation(2 * HeadDimension) };

        Assert.Throws<ArgumentException>(() => Check(KvPolicyInputs.KeyNorms, keys));
        Assert.Throws<ArgumentException>(() => Check(KvPolicyInputs.CentredKeyNorms, keys));
        Assert.Throws<ArgumentException>(() => Check(KvPolicyInputs.ValueNorms, values));
        Check(KvPolicyInputs.Values, keys);
        Check(KvPolicyInputs.Keys, values);
        Check(KvPolicyInputs.Keys, Layer() with { KeyRotation = new HadamardRotation(HeadDimension / 2) });
    }

    [Fact]
    public void Check_OutputWeights_HaveToBeThereAndFitTheHeads()
    {
        KvLayerTensors missing = Layer();
        KvLayerTensors grouped = Layer() with { OutputWeights = TestOutputWeights.Random(3, 2 * Heads * HeadDimension, seed: 1) };
        KvLayerTensors other = Layer() with { OutputWeights = TestOutputWeights.Random(3, (Heads * HeadDimension) + HeadDimension, seed: 1) };

        Assert.Throws<InvalidOperationException>(() => Check(KvPolicyInputs.OutputWeights, missing));
        Assert.Throws<ArgumentException>(() => Check(KvPolicyInputs.OutputWeights, other));
        Check(KvPolicyInputs.OutputWeights, grouped);
        Check(KvPolicyInputs.Values, missing);
    }

    [Fact]
    public void Check_SecondLayerAtFault_NamesIt() => Assert.Contains(
        "Layer 1",
        Assert.Throws<ArgumentException>(() => Check(
            KvPolicyInputs.Keys, Layer(), Layer() with { Rotary = new RotaryEmbedding(10000, 3, Interleaved: true) })).Message,
        StringComparison.Ordinal);

    private static void Check(KvPolicyInputs inputs, params KvLayerTensors[] layers) =>
        LayerShapes.Check(layers, new FakePolicy((_, _, token) => token, inputs));

    private KvLayerTensors Layer() => new(_tensor.View, _tensor.View);
}
