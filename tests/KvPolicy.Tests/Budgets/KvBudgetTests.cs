using CurKv.KvPolicy.Budgets;

namespace CurKv.KvPolicy.Tests.Budgets;

public class KvBudgetTests
{
    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void FromRatio_OutOfRange_Throws(double evicted) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KvBudget.FromRatio(evicted));

    [Fact]
    public void FromCells_None_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => KvBudget.FromCells(0));

    [Fact]
    public void Cells_NoTokens_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => KvBudget.FromCells(1).Cells(0));

    [Theory]
    [InlineData(0.9, 100, 10)]
    [InlineData(0.9, 10, 1)]
    [InlineData(0.7, 10, 3)]
    [InlineData(0.99, 10, 1)]
    [InlineData(0.0, 10, 10)]
    public void Cells_Ratio_LosesNoCellToRounding(double evicted, int tokens, int expected) =>
        Assert.Equal(expected, KvBudget.FromRatio(evicted).Cells(tokens));

    [Theory]
    [InlineData(8, 5, 5)]
    [InlineData(8, 8, 8)]
    [InlineData(8, 9, 8)]
    public void Cells_FixedNumber_IsAtMostTheTokens(int cells, int tokens, int expected) =>
        Assert.Equal(expected, KvBudget.FromCells(cells).Cells(tokens));

    [Theory]
    [InlineData(0.0, 0.9)]
    [InlineData(-1.0, 0.9)]
    [InlineData(1.1, 0.9)]
    [InlineData(double.NaN, 0.9)]
    [InlineData(0.5, 0.0)]
    [InlineData(0.5, 1.1)]
    [InlineData(0.5, double.NaN)]
    public void ByMass_OutOfRange_Throws(double mass, double quantile) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KvBudget.ByMass(mass, quantile));

    [Fact]
    public void ByMass_InRange_IsTold()
    {
        var budget = KvBudget.ByMass(0.4);

        Assert.Equal((true, 0.4, 0.9), (budget.IsByMass, budget.Mass, budget.Quantile));
        Assert.Equal((false, 0, 0), (KvBudget.FromRatio(0.5).IsByMass, KvBudget.FromRatio(0.5).Mass, KvBudget.FromRatio(0.5).Quantile));
        Assert.False(KvBudget.FromCells(5).IsByMass);
    }

    [Fact]
    public void Cells_ByMass_Throws() => Assert.Throws<InvalidOperationException>(() => KvBudget.ByMass(0.4).Cells(10));
}
