using System.Numerics;
using CurKv.KvPolicy.Numerics;
using CurKv.KvPolicy.Tests.Support;

namespace CurKv.KvPolicy.Tests.Numerics;

public class WalshHadamardTests
{
    public static TheoryData<int> Sizes { get; } = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Transform_AnyRun_EqualsScalarTwin(int size)
    {
        float[] expected = Scoring.Rows(1, 1, size, seed: size)[0][0];
        float[] actual = [.. expected];
        ScalarWalshHadamard.Transform(expected, 0.25f);
        WalshHadamard.Transform(actual, 0.25f);

        ScoreAssert.Equal(expected, actual, 1e-5, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Transform_UnitRuns_AreTheColumnsOfTheMatrix(int size)
    {
        for (int column = 0; column < size; column++)
        {
            float[] run = new float[size];
            run[column] = 1;
            WalshHadamard.Transform(run, 1);

            Assert.Equal(Enumerable.Range(0, size).Select(row => BitOperations.PopCount((uint)(row & column)) % 2 == 0 ? 1f : -1f), run);
        }
    }
}
