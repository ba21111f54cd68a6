namespace CurKv.Connector.Engine.Loading;

/// <summary>One form in which a library carries its kernels.</summary>
/// <param name="Architecture">The compute capability that it was built for, such as 90 for 9.0.</param>
/// <param name="PtxMajor">The major version of PTX (its instruction set), which the driver compiles; 0 where it is machine code.</param>
/// <param name="PtxMinor">The minor version of PTX.</param>
internal readonly record struct CudaImage(int Architecture, int PtxMajor = 0, int PtxMinor = 0)
{
    /// <summary>Whether the driver has to compile it.</summary>
    public bool IsPtx => PtxMajor > 0;

    /// <summary>The lowest CUDA version whose driver compiles this PTX, as the driver tells its own: 13010 for 13.1. 0 for machine code.</summary>
    /// <remarks>NVIDIA's table in the PTX ISA's release notes: 7.x came with CUDA 11.x and 9.x with 13.x; 8.6 to 8.8 came one minor version later.</remarks>
    public int MinimumCuda => !IsPtx ? 0 : ((PtxMajor + 4) * 1000) + (10 * (PtxMajor == 8 && PtxMinor > 5 ? PtxMinor + 1 : PtxMinor));

    /// <summary>Whether a GPU runs it with a driver.</summary>
    /// <param name="capability">The GPU's compute capability, such as 90.</param>
    /// <param name="driverCuda">The driver's CUDA version, such as 13000.</param>
    public bool Runs(int capability, int driverCuda) => IsPtx
        ? Architecture <= capability && MinimumCuda <= driverCuda
        : Architecture <= capability && Architecture / 10 == capability / 10;
}
