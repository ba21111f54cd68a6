using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Tests.Kernels;

public class ProjectionTests
{
    [Fact]
    public void Gaussian_ManyEntries_HaveTheirMoments()
    {
        var projection = Projection.Gaussian(1000, 20, seed: 1);
        double[] entries = [.. Enumerable.Range(0, 1000)
            .SelectMany(row => projection.Row(0, row).ToArray())
            .Select(entry => (double)entry)];

        Assert.Equal(0, entries.Average(), 0.005);
        Assert.Equal(1.0 / 20, entries.Average(entry => entry * entry), 0.002);
        Assert.Equal(3.0 / 400, entries.Average(entry => Math.Pow(entry, 4)), 0.0006);

        // Numbers shared by neighbouring entries would show in their mixed third moment.
        double mixed = entries.Zip(entries.Skip(1), (entry, next) => entry * next * next).Average();
        Assert.Equal(0, mixed * Math.Pow(20, 1.5), 0.05);
    }

    [Fact]
    public void Gaussian_SmallerHeadDimension_SharesItsRows()
    {
        var large = Projection.Gaussian(128, 20, seed: 1);
        var small = Projection.Gaussian(64, 20, seed: 1);

        Assert.Equal(large.Row(0, 63).ToArray(), small.Row(0, 63).ToArray());
    }

    [Fact]
    public void Gaussian_OtherSeed_Differs() =>
        Assert.NotEqual(Projection.Gaussian(8, 20, seed: 1).Values, Projection.Gaussian(8, 20, seed: 2).Values);
}
