using System.Runtime.InteropServices;
using CurKv.Connector.Engine.Loading;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

public partial class OpenMpWaitingTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("OMP_WAIT_POLICY", false)]
    [InlineData("GOMP_SPINCOUNT", false)]
    public void IsUnset_Environment_OverridesTheConnector(string? set, bool expected) =>
        Assert.Equal(expected, OpenMpWaiting.IsUnset(name => name == set ? "active" : null));

    [Fact]
    public void Load_OnLinux_BoundsTheSpinning()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only GCC's OpenMP is told how long to spin.");
        Assert.SkipUnless(OpenMpWaiting.IsUnset(Environment.GetEnvironmentVariable), "The environment says how threads wait.");
        TestModels.Load(TestModels.Pebble).Dispose();

        Assert.Equal("1000", Marshal.PtrToStringUTF8(NativeEnvironment("GOMP_SPINCOUNT")));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NativeEnvironment(string name);
}
