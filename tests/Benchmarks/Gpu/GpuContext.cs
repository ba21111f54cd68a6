using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.Capture;
using CurKv.Connector.KvCache.State;
using Microsoft.Extensions.Logging;

namespace CurKv.Benchmarks.Gpu;

/// <summary>The product's context and compressor, with a hook or without.</summary>
internal sealed class GpuContext : IDisposable
{
    private readonly ILlamaContext _context;
    private readonly int _vocabulary;

    public GpuContext(LlamaSharpEngine engine, LlamaContextSettings settings, HookMode hook, ILogger logger)
    {
        Capture = hook == HookMode.None ? null : new KvCapture(engine.Model.Layers);
        QueryCapture? queries = hook == HookMode.None ? null : new QueryCapture(engine.Model);
        _vocabulary = engine.Model.VocabularySize;
        _context = engine.CreateContext(settings, hook == HookMode.None ? null : new EvalHooks(Capture!, queries!));
        long start = Stopwatch.GetTimestamp();
        Compressor = new KvCompressor(
            _context, engine.Model, engine.OutputWeights, Capture, queries, logger, new KvCacheAccess(hook != HookMode.None, hook == HookMode.Detached, HostMemory.ForGpu()));
        StartMilliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public KvCapture? Capture { get; }

    public KvCompressor Compressor { get; }

    public KvSequence Sequence { get; } = new(0);

    /// <summary>How long the self-test, the detaching and the warming up took.</summary>
    public double StartMilliseconds { get; }

    public long Asks => _context.HookSwitch?.Asks ?? 0;

    /// <summary>Empties the cache and reads tokens.</summary>
    /// <returns>Milliseconds.</returns>
    public double Read(int tokens, int seed)
    {
        _context.SequenceRemove(0);
        Sequence.Clear();
        var random = new Random(seed);
        int[] prompt = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(300, _vocabulary))];
        long start = Stopwatch.GetTimestamp();
        for (int from = 0; from < tokens; from += _context.Settings.BatchSize)
        {
            Decode(prompt.AsSpan(from, Math.Min(_context.Settings.BatchSize, tokens - from)), logits: from + _context.Settings.BatchSize >= tokens);
        }

        _context.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Decodes tokens one by one and forgets them again.</summary>
    /// <returns>Tokens per second.</returns>
    public double DecodeSpeed(int tokens)
    {
        int position = Sequence.Tokens;
        double speed = 0;
        for (int run = 0; run < 2; run++)
        {
            Step();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < tokens; i++)
            {
                Step();
            }

            speed = Math.Max(speed, tokens / Stopwatch.GetElapsedTime(start).TotalSeconds);
            _context.SequenceRemove(0, position);
            Sequence.Undo(tokens + 1);
        }

        return speed;
    }

    public void Dispose()
    {
        Compressor.Dispose();
        _context.Dispose();
    }

    /// <summary>The sequence's state blob.</summary>
    public unsafe NativeBuffer State()
    {
        var buffer = new NativeBuffer(HostMemory.ForGpu());
        nuint size = _context.StateSize(0);
        StateBytes = _context.StateGet(0, buffer.Reserve(size), size);
        return buffer;
    }

    public nuint StateBytes { get; private set; }

    /// <summary>Puts a blob back that <see cref="State"/> gave of tokens that were all there.</summary>
    public unsafe void Restore(NativeBuffer state, nuint size, int tokens)
    {
        _context.SequenceRemove(0);
        if (_context.StateSet(0, state.Data, size) != size)
        {
            throw new InvalidOperationException("llama.cpp refused the state.");
        }

        Sequence.Clear();
        Sequence.Append(new int[tokens]);
    }

    private void Step()
    {
        Decode([300 + (Sequence.Tokens % 100)], logits: true);
        _ = _context.Logits();
    }

    private void Decode(ReadOnlySpan<int> tokens, bool logits)
    {
        DecodeStatus status = _context.Decode(tokens, Sequence.Tokens, 0, logits);
        if (status != DecodeStatus.Ok)
        {
            throw new InvalidOperationException($"llama.cpp could not decode: {status}.");
        }

        Sequence.Append(tokens);
    }
}
