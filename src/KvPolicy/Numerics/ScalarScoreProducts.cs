namespace CurKv.KvPolicy.Numerics;

/// <summary>The plain twin of <see cref="ScoreProducts"/>.</summary>
internal static class ScalarScoreProducts
{
    /// <summary>The product of two scores.</summary>
    public static float Multiply(float score, float other)
    {
        bool evicted = !(score > float.NegativeInfinity && other > float.NegativeInfinity);
        bool kept = float.IsPositiveInfinity(score) || float.IsPositiveInfinity(other);
        return (evicted, kept) switch
        {
            (true, _) => float.NegativeInfinity,
            (_, true) => float.PositiveInfinity,
            _ => score * other,
        };
    }
}
