using System.Runtime.ExceptionServices;

namespace CurKv.KvPolicy.Selection;

/// <summary>Works on layers in parallel.</summary>
internal static class ParallelLayers
{
    /// <summary>Does something for every layer, and throws what it throws, not what <see cref="Parallel"/> makes of it.</summary>
    public static void ForEach(int count, ParallelOptions options, Action<int> action)
    {
        try
        {
            Parallel.For(0, count, options, action);
        }
        catch (AggregateException e)
        {
            // Layers fail alike: the first one tells what the others would.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
