using CpuArchitecture = System.Runtime.InteropServices.Architecture;
using CurKv.Connector.Engine.Loading;

namespace CurKv.Connector.Tests.Engine;

public class NativePrerequisitesTests
{
    [Theory]
    [InlineData("2.34", CpuArchitecture.X64)]
    [InlineData("2.38", CpuArchitecture.Arm64)]
    [InlineData("2.40", CpuArchitecture.X64)]
    [InlineData(null, CpuArchitecture.X64)]
    public void Missing_NothingMissing_IsNone(string? glibc, CpuArchitecture architecture) =>
        Assert.Null(NativePrerequisites.Missing(_ => true, Parse(glibc), architecture));

    [Theory]
    [InlineData("2.36")]
    [InlineData(null)]
    public void Missing_OpenMp_NamesTheLibraryAndThePackages(string? glibc)
    {
        string missing = NativePrerequisites.Missing(library => library != "libgomp.so.1", Parse(glibc), CpuArchitecture.X64)!;

        Assert.Contains("libgomp.so.1", missing, StringComparison.Ordinal);
        Assert.Contains("apt-get install libgomp1", missing, StringComparison.Ordinal);
        Assert.Contains("apk add libgomp", missing, StringComparison.Ordinal);
        Assert.Contains("dnf install libgomp", missing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.31", CpuArchitecture.X64, "2.34")]
    [InlineData("2.36", CpuArchitecture.Arm64, "2.38")]
    public void Missing_OlderGlibc_TellsBothVersions(string glibc, CpuArchitecture architecture, string needed)
    {
        string missing = NativePrerequisites.Missing(_ => true, Parse(glibc), architecture)!;

        Assert.Contains($"glibc {needed}", missing, StringComparison.Ordinal);
        Assert.Contains(glibc, missing, StringComparison.Ordinal);
    }

    // Tests run where the natives do.
    [Fact]
    public void Missing_ThisSystem_IsNone() => Assert.Null(NativePrerequisites.Missing());

    private static Version? Parse(string? version) => version is null ? null : Version.Parse(version);
}
