using System.Diagnostics;
using CurKv.Connector;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using CurKv.KvPolicy.Numerics;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Benchmarks.Interception;

/// <summary>A context over the random model, set up as the product does, whose cache is filled with random rows.</summary>
internal sealed unsafe class FilledContext : IDisposable
{
    /// <summary>Tokens in one call to decode, at most.</summary>
    public const int ChunkTokens = 512;

    private const int DecodedTokens = 16;
    private static readonly int[] Chunk = [.. Enumerable.Range(0, ChunkTokens).Select(i => (int)(SplitMix64.Hash((ulong)i) % InterceptionModel.Vocabulary))];

    private readonly int _tokens;
    private readonly KvSequence _sequence = new(0);
    private readonly KvCapture _capture;
    private readonly ILlamaContext _context;
    private readonly KvCompressor _compressor;

    /// <summary>Creates the context, whose cache is empty.</summary>
    /// <param name="engine">The random model.</param>
    /// <param name="shape">The cache when it is full.</param>
    public FilledContext(LlamaSharpEngine engine, InterceptionShape shape)
    {
        var settings = new LlamaContextSettings
        {
            ContextSize = shape.Tokens + ChunkTokens,
            BatchSize = ChunkTokens,
            Threads = shape.Threads,
            FlashAttention = FlashAttentionMode.On,
            KeyType = shape.Cache,
            ValueType = shape.Cache,
        };
        _capture = new KvCapture(engine.Model.Layers);
        var queries = new QueryCapture(engine.Model);
        _tokens = shape.Tokens;
        _context = engine.CreateContext(settings, new EvalHooks(_capture, queries));
        _compressor = new KvCompressor(_context, engine.Model, engine.OutputWeights, _capture, queries, NullLogger.Instance);
        Blob = new FullCacheBlob(InterceptionModel.CacheFormat(shape.Cache), shape.Tokens);
    }

    /// <summary>What the cache is filled with.</summary>
    public FullCacheBlob Blob { get; }

    /// <summary>Fills the cache up to its last tokens, which are decoded, so that it looks as it does after a prompt.</summary>
    /// <param name="plan">How it will be compressed: tells how many of the last tokens' queries are observed.</param>
    public void Fill(KvCompressionPlan plan)
    {
        int decoded = Math.Max(plan.QueryWindow, 1);
        Restore(_tokens - decoded);
        _compressor.StartObserving(plan.QueryWindow);
        Decode(Chunk.AsSpan(0, decoded));
        _compressor.StopObserving();
        if (_capture.LastCell != _capture.ExpectedLastCell(_sequence.Id, _tokens))
        {
            throw new InvalidOperationException($"llama.cpp put token {_tokens} into cell {_capture.LastCell}, so that the others do not lie in order either.");
        }
    }

    /// <summary>Compresses the full cache.</summary>
    /// <exception cref="InvalidOperationException">The path is not available here.</exception>
    public KvCompressionReport Compress(KvCompressionPlan plan, KvRewritePath path) => _compressor.Compress(_sequence, plan, path)!;

    /// <summary>Decodes some tokens behind the last one, full or compressed, and removes them again.</summary>
    /// <returns>Milliseconds for each token.</returns>
    public double[] TimeTokens()
    {
        double[] milliseconds = [.. Enumerable.Range(0, DecodedTokens).Select(i => Decode(Chunk.AsSpan(i, 1)))];
        _context.SequenceRemove(_sequence.Id, _tokens);
        _sequence.Undo(DecodedTokens);
        return milliseconds;
    }

    /// <summary>Reads a chunk of a prompt behind so many cached tokens.</summary>
    /// <returns>Milliseconds.</returns>
    public double TimeChunk(int depth)
    {
        Restore(depth);
        return Decode(Chunk);
    }

    public void Dispose()
    {
        Blob.Dispose();
        _compressor.Dispose();
        _context.Dispose();
    }

    private void Restore(int cells)
    {
        _context.SequenceRemove(_sequence.Id);
        if (_context.StateSet(_sequence.Id, Blob.Data, Blob.Size) != Blob.Size)
        {
            throw new InvalidOperationException($"llama.cpp refused {_tokens} random cells. {NativeLog.LastErrors()}");
        }

        _context.SequenceRemove(_sequence.Id, cells);
        _sequence.Clear();
        _sequence.Append(new int[cells]);
    }

    private double Decode(ReadOnlySpan<int> tokens)
    {
        long start = Stopwatch.GetTimestamp();
        DecodeStatus status = _context.Decode(tokens, _sequence.Tokens, _sequence.Id, logits: true);
        _context.Synchronize();
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (status != DecodeStatus.Ok)
        {
            throw new InvalidOperationException($"llama.cpp did not decode {tokens.Length} tokens at {_sequence.Tokens}: {status}. {NativeLog.LastErrors()}");
        }

        _sequence.Append(tokens);
        return milliseconds;
    }
}
