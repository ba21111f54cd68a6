using System.Diagnostics;

namespace CurKv.Benchmarks.Kernels;

/// <summary>Takes times.</summary>
internal static class Timing
{
    /// <summary>Runs actions in turn, so that whatever else the machine does meets all of them.</summary>
    /// <param name="rounds">How often; one more goes first and does not count, to compile and to touch memory.</param>
    /// <param name="actions">What is timed.</param>
    /// <returns>Seconds by action and round.</returns>
    public static double[][] Alternate(int rounds, params Action[] actions)
    {
        double[][] seconds = [.. actions.Select(_ => new double[rounds])];
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                actions[i]();
                if (round >= 0)
                {
                    seconds[i][round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                }
            }
        }

        return seconds;
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
