using System.Diagnostics;
using CurKv.Benchmarks.Kernels;
using CurKv.Connector.KvCache.State;

namespace CurKv.Benchmarks.Interception;

/// <summary>
/// The least that a compression can take: every key and value is read once, and what is kept is written once, to memory that is
/// warm, by as many threads as score.
/// </summary>
internal sealed unsafe class ReadFloor : IDisposable
{
    private const int PieceBytes = 1 << 20;
    private static readonly ParallelOptions Options = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    private readonly FullCacheBlob _blob;
    private readonly long _keptBytes;
    private readonly NativeBuffer _kept = new();

    /// <summary>Creates the floor.</summary>
    /// <param name="blob">As many bytes as the cache has, in memory of the same kind.</param>
    /// <param name="keptBytes">The bytes to write.</param>
    public ReadFloor(FullCacheBlob blob, long keptBytes)
    {
        _blob = blob;
        _keptBytes = keptBytes;
        _kept.Reserve((nuint)keptBytes);
        Write();
    }

    /// <summary>Reads and writes once.</summary>
    /// <returns>Milliseconds.</returns>
    public double Time()
    {
        long start = Stopwatch.GetTimestamp();
        Read();
        Write();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public void Dispose() => _kept.Dispose();

    private void Read() => ForPieces((long)_blob.Size, (start, bytes) => MemoryLoops.Read(_blob.Data + start, bytes / MemoryLoops.Granularity * MemoryLoops.Granularity));

    private void Write() => ForPieces(_keptBytes, (start, bytes) => new Span<byte>(_kept.Data + start, bytes).Fill(1));

    private static void ForPieces(long bytes, Action<long, int> action) =>
        Parallel.For(0, (bytes + PieceBytes - 1) / PieceBytes, Options, piece => action(piece * PieceBytes, (int)Math.Min(PieceBytes, bytes - (piece * PieceBytes))));
}
