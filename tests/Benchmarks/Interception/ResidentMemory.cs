using System.Globalization;

namespace CurKv.Benchmarks.Interception;

/// <summary>This process's physical memory, as Linux counts it.</summary>
internal static class ResidentMemory
{
    private const string ResetPeak = "5";

    public static bool IsCounted => OperatingSystem.IsLinux();

    /// <summary>How far an action's peak lies above what was resident before it, in bytes.</summary>
    public static long ExtraPeak(Action action)
    {
        File.WriteAllText("/proc/self/clear_refs", ResetPeak);
        long before = Bytes("VmRSS:");
        action();
        return Bytes("VmHWM:") - before;
    }

    private static long Bytes(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line[name.Length..^"kB".Length], NumberStyles.Integer | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }
}
