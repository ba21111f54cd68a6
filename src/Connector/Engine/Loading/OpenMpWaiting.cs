using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Loading;

/// <summary>
/// How long llama.cpp's threads spin when they wait for each other. On Linux they are GCC's OpenMP threads, which by default spin for
/// milliseconds: beside other programs that keeps the thread they wait for from running, and an answer may not end at all.
/// </summary>
internal static partial class OpenMpWaiting
{
    private const string WaitPolicy = "OMP_WAIT_POLICY";
    private const string SpinCount = "GOMP_SPINCOUNT";

    // Enough for the short waits between a graph's nodes on an idle machine; a busy one loses microseconds. Measured: docs/engine.md.
    private const string Spins = "1000";

    /// <summary>Bounds the spinning for this process, unless the environment says something of it. Without effect once OpenMP is loaded.</summary>
    public static void Bound()
    {
        if (OperatingSystem.IsLinux() && IsUnset(Environment.GetEnvironmentVariable))
        {
            // Environment.SetEnvironmentVariable does not reach the native environment.
            _ = setenv(SpinCount, Spins, overwrite: 0);
        }
    }

    /// <summary>Whether the environment leaves it open how threads wait.</summary>
    /// <param name="variable">A variable's value; null for none.</param>
    public static bool IsUnset(Func<string, string?> variable) => variable(WaitPolicy) is null && variable(SpinCount) is null;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
