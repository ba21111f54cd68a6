using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Tests.Kernels;

public class WhiteningTests
{
    [Fact]
    public void Fit_RoundedToIndefinite_RaisesTheRidge()
    {
        // Eigenvalues 2 + 1e-5 and −1e-5: the first ridges do not lift the second above zero.
        const double OffDiagonal = 1 + 1e-5;
        double[] gram = new double[64];
        gram[0] = 1;
        gram[1] = OffDiagonal;
        gram[9] = 1;
        var projection = new Projection(2, 2, upperTriangular: true);

        Whitening.Fit(gram, new double[64], projection, head: 0);

        Assert.All(projection.Row(0, 0).ToArray(), value => Assert.True(float.IsFinite(value)));
        Assert.Equal(1, projection.Row(0, 0)[0], 1e-3f);
        Assert.True(projection.Row(0, 1)[1] > 10);
    }

    [Fact]
    public void Fit_ZeroRows_LeavesZeros()
    {
        var projection = new Projection(4, 4, upperTriangular: true);
        projection.Row(0, 0).Fill(1);

        Whitening.Fit(new double[64], new double[64], projection, head: 0);

        Assert.All(projection.Values, value => Assert.Equal(0, value));
    }
}
