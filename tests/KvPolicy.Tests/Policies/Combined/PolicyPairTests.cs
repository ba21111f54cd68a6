using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Policies.Combined;

public class PolicyPairTests
{
    private static readonly IKvPolicy A = new GivenScores([], "a") { Inputs = KvPolicyInputs.Keys, QueryWindow = 3 };
    private static readonly IKvPolicy B = new GivenScores([], "b") { Inputs = KvPolicyInputs.WindowQueries, QueryWindow = 7 };
    private static readonly IKvPolicy C = new GivenScores([], "c");

    public static TheoryData<IKvPolicy, string> Names { get; } = new()
    {
        { new PolicySum(A, B), "a+b" },
        { new PolicyProduct(A, B), "a*b" },
        { new PolicyUnion(A, B), "a|b" },
        { new PolicySum(new PolicySum(A, B), C), "a+b+c" },
        { new PolicySum(A, new PolicySum(B, C)), "a+(b+c)" },
        { new PolicySum(A, new PolicySum(B, C), 4), "a+4*(b+c)" },
        { new PolicySum(A, new PolicyProduct(B, C), 0.5), "a+0.5*b*c" },
        { new PolicyProduct(A, new PolicySum(B, C, 4)), "a*(b+4*c)" },
        { new PolicyProduct(new PolicySum(A, B), C), "(a+b)*c" },
        { new PolicyProduct(A, new PolicyProduct(B, C)), "a*(b*c)" },
        { new PolicySum(new PolicyProduct(A, B), C), "a*b+c" },
        { new PolicySum(A, new PolicyProduct(B, C)), "a+b*c" },
        { new PolicyUnion(new PolicySum(A, B), new PolicyProduct(B, C)), "a+b|b*c" },
        { new PolicyUnion(A, new PolicyUnion(B, C)), "a|(b|c)" },
        { new PolicySum(new PolicyUnion(A, B), C), "(a|b)+c" },
        { new PolicyProduct(new ChunkKv(new PolicySum(A, B)), C), "chunk(a+b)*c" },
    };

    [Fact]
    public void Constructor_NoPolicy_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => new PolicySum(null!, B));
        Assert.Throws<ArgumentNullException>(() => new PolicyUnion(A, null!));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Name_AnyNesting_HasTheParenthesesThatItNeeds(IKvPolicy policy, string expected) => Assert.Equal(expected, policy.Name);

    [Fact]
    public void Inputs_OfAPair_AreBothPoliciesAndTheLargerWindow()
    {
        IKvPolicy pair = new PolicyProduct(A, B);

        Assert.Equal(KvPolicyInputs.Keys | KvPolicyInputs.WindowQueries, pair.Inputs);
        Assert.Equal(7, pair.QueryWindow);
        Assert.Equal((A, B), (((PolicyPair)pair).First, ((PolicyPair)pair).Second));
    }

    [Fact]
    public void Score_Sum_DividesEachByItsMeanPerHead()
    {
        float[] scores = Score((first, second) => new PolicySum(first, second), [[1, 3], [0, 0]], [[10, 30], [-6, 2]]);

        Assert.Equal([1, 3, -1.5f, 0.5f], scores);
    }

    [Fact]
    public void Score_WeightedSum_CountsTheSecondPolicyThatOften()
    {
        float[] scores = Score((first, second) => new PolicySum(first, second, 4), [[1, 3], [0, 0]], [[10, 30], [-6, 2]]);

        Assert.Equal([0.5f + 2, 1.5f + 6, -6, 2], scores);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(1e7)]
    public void Constructor_SumWithABadWeight_Throws(double weight) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(weight), () => new PolicySum(A, B, weight));

    [Fact]
    public void Score_SumOfInfinities_KeepsTheirMeaningAndTheMeans()
    {
        float[] scores = Score(
            (first, second) => new PolicySum(first, second),
            [[1, 3, float.PositiveInfinity, float.NaN, float.PositiveInfinity]],
            [[2, 2, 2, 2, float.NegativeInfinity]]);

        Assert.Equal([1.5f, 2.5f, float.PositiveInfinity], scores[..3]);
        Assert.All(scores[3..], score => Assert.False(score > float.NegativeInfinity));
    }

    [Fact]
    public void Score_Product_Multiplies()
    {
        float[] scores = Score(
            (first, second) => new PolicyProduct(first, second), [[1, 3, 0], [2, 4, 0.5f]], [[2, 5, float.PositiveInfinity], [0, 1, float.NaN]]);

        Assert.Equal([2, 15, float.PositiveInfinity, 0, 4, float.NegativeInfinity], scores);
    }

    [Fact]
    public void Score_Union_IsTheBetterRank()
    {
        float[] scores = Score((first, second) => new PolicyUnion(first, second), [[4, 3, 2, 1], [1, 1, 1, 1]], [[0, 0, 5, 6], [1, 2, 3, 4]]);

        // Ranks 1 2 3 4 and 3 4 2 1; ranks 1 2 3 4 by index and 4 3 2 1.
        Assert.Equal([-1, -2, -2, -1, -1, -2, -2, -1], scores);
    }

    [Fact]
    public void Score_UnionOfInfinities_KeepsTheirMeaningAndTheOtherRanks()
    {
        float[] scores = Score(
            (first, second) => new PolicyUnion(first, second),
            [[float.PositiveInfinity, float.NaN, 2, 1, float.PositiveInfinity]],
            [[1, 9, float.NegativeInfinity, 5, 6]]);

        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity, float.NegativeInfinity, -3, float.PositiveInfinity], scores);
    }

    private static float[] Score(Func<IKvPolicy, IKvPolicy, IKvPolicy> pair, float[][] first, float[][] second)
    {
        using var keys = new TestTensor(KvElementType.F32, KvLayout.TokenMajor, first[0].Length, first.Length, 8);
        return Scoring.Score(pair(new GivenScores(first), new GivenScores(second)), keys.View, default);
    }
}
