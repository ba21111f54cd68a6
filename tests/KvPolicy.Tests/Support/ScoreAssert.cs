namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Compares scores within the tolerance of float32.</summary>
internal static class ScoreAssert
{
    private const double Relative = 1e-4;
    private const double Absolute = 1e-9;

    public static void Equal(
        IReadOnlyList<float> expected, ReadOnlySpan<float> actual, double relative = Relative, double absolute = Absolute)
    {
        Assert.Equal(expected.Count, actual.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.True(
                expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= (relative * Math.Abs(expected[i])) + absolute,
                $"[{i}]: {actual[i]} instead of {expected[i]}.");
        }
    }
}
