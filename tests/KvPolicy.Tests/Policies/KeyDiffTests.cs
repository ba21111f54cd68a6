using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies;

public class KeyDiffTests
{
    [Fact]
    public void Score_DifferentDirection_IsHighestWhateverItsLength()
    {
        using var keys = TestTensor.Of([[[1, 0], [9, 0.1f], [0, 0.001f], [2, 0]]]);

        float[] scores = Scoring.Score(new KeyDiff(), keys.View, default);

        Assert.Equal(2, Array.IndexOf(scores, scores.Max()));
        Assert.All(scores, score => Assert.InRange(score, -1.0001f, 1.0001f));
    }

    [Fact]
    public void Score_RotatedCache_IsUnchanged()
    {
        float[][][] rows = Scoring.Rows(2, 40, 32, seed: 3);
        using var keys = TestTensor.Of(rows);
        using var rotated = TestTensor.Of(Scoring.Rotate(rows, new HadamardRotation(16)));

        ScoreAssert.Equal(Scoring.Score(new KeyDiff(), keys.View, default), Scoring.Score(new KeyDiff(), rotated.View, default), 1e-4, 1e-5);
    }

    [Fact]
    public void Name_AndInputs_AreTheKeys()
    {
        Assert.Equal("keydiff", new KeyDiff().Name);
        Assert.Equal(KvPolicyInputs.Keys, new KeyDiff().Inputs);
    }
}
