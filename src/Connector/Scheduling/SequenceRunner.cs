using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>Reads prompts into a sequence, compresses it and decodes answers from it. Used on the native thread only.</summary>
internal sealed unsafe class SequenceRunner(ILlamaEngine engine, ILlamaContext context, KvCompressor compressor) : IDisposable
{
    private const int Sequence = 0;
    private int _position;
    private int _cells;

    /// <summary>Why this model's cache cannot be compressed; null where it can.</summary>
    public string? CompressionRefusal => compressor.Refusal;

    /// <summary>Whether the prompt's queries can be observed while it is read.</summary>
    public bool ObservesQueries => compressor.ObservesQueries;

    /// <summary>Reads a request's tokens and generates the answer, piece by piece.</summary>
    /// <param name="request">The request.</param>
    /// <param name="emit">Receives the pieces; the last one carries the finish reason.</param>
    /// <param name="cancellationToken">Looked at between chunks of the prompt and between tokens.</param>
    public void Generate(GenerationRequest request, Action<GenerationEvent> emit, CancellationToken cancellationToken)
    {
        Restore(request.Prefix);
        TimeSpan prefillTime = Prefill(request.Tokens, request.Compression, null, cancellationToken);
        KvCompressionReport? compression = Compress(request.Compression);

        using ILlamaSampler sampler = context.CreateSampler(request.Sampler);
        var text = new AnswerText(engine, request.StopSequences);
        var decodeTime = TimeSpan.Zero;
        int outputTokens = 0;
        int decoded = 0;
        ChatFinishReason? finished = null;
        while (finished is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            int token = sampler.Sample();
            if (engine.IsEndOfGeneration(token))
            {
                finished = ChatFinishReason.Stop;
            }
            else
            {
                outputTokens++;
                bool stopped = text.Append(token, out string piece);
                if (piece.Length > 0)
                {
                    emit(new GenerationEvent(piece));
                }

                if (stopped)
                {
                    finished = ChatFinishReason.Stop;
                }
                else if (outputTokens == request.MaxOutputTokens || _cells == context.Settings.ContextSize)
                {
                    finished = ChatFinishReason.Length;
                }
                else
                {
                    Decode([token], logits: true);
                    decoded++;
                }
            }

            decodeTime += Stopwatch.GetElapsedTime(start);
        }

        emit(new GenerationEvent(text.Finish(), finished, new GenerationStatistics
        {
            PromptTokens = (request.Prefix?.Tokens ?? 0) + request.Tokens.Length,
            CachedPromptTokens = request.Prefix?.Tokens ?? 0,
            OutputTokens = outputTokens,
            PrefillTime = prefillTime,
            DecodeTime = decodeTime,
            DecodedTokens = decoded,
            Cells = _cells,
            Compression = compression,
        }));
    }

    /// <summary>Reads tokens behind what was read before, compresses all of it, and copies what is left out of the cache.</summary>
    /// <param name="prefix">What was read before; null for nothing.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="plan">How they are compressed; null to keep all.</param>
    /// <param name="progress">Told after each chunk, on this thread; null for none.</param>
    /// <param name="cancellationToken">Looked at between chunks.</param>
    public (KvSnapshot Snapshot, GenerationStatistics Statistics) Read(
        KvSnapshot? prefix, int[] tokens, KvCompressionPlan? plan, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        Restore(prefix);
        TimeSpan prefillTime = Prefill(tokens, plan, progress, cancellationToken);
        KvCompressionReport? compression = Compress(plan);
        nuint size = context.StateSize(Sequence);
        var snapshot = new KvSnapshot(size, _position, _cells);
        if (context.StateGet(Sequence, snapshot.Data, size) != size)
        {
            snapshot.Dispose();
            throw new KvCompressionException($"llama.cpp did not give the {_cells} cells that were read. {NativeLog.LastErrors()}");
        }

        return (snapshot, new GenerationStatistics
        {
            PromptTokens = _position,
            CachedPromptTokens = prefix?.Tokens ?? 0,
            OutputTokens = 0,
            PrefillTime = prefillTime,
            DecodeTime = TimeSpan.Zero,
            DecodedTokens = 0,
            Cells = _cells,
            Compression = compression,
        });
    }

    public void Dispose()
    {
        compressor.Dispose();
        context.Dispose();
    }

    private void Restore(KvSnapshot? snapshot)
    {
        context.SequenceRemove(Sequence);
        (_position, _cells) = (0, 0);
        if (snapshot is null)
        {
            return;
        }

        ObjectDisposedException.ThrowIf(snapshot.Data == null, snapshot);
        if (context.StateSet(Sequence, snapshot.Data, snapshot.Size) != snapshot.Size)
        {
            // A refused blob may leave cells registered.
            context.SequenceRemove(Sequence);
            throw new KvCompressionException($"llama.cpp refused the document's {snapshot.Cells} cells; read the document again. {NativeLog.LastErrors()}");
        }

        (_position, _cells) = (snapshot.Tokens, snapshot.Cells);
    }

    private TimeSpan Prefill(ReadOnlySpan<int> tokens, KvCompressionPlan? plan, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        if (_cells + tokens.Length > context.Settings.ContextSize)
        {
            throw new PromptTooLongException(_cells + tokens.Length, context.Settings.ContextSize);
        }

        if (plan is not null)
        {
            compressor.ThrowIfRefused(_cells + tokens.Length, plan);
        }

        long start = Stopwatch.GetTimestamp();

        // Queries are looked at in the last tokens only, which are therefore decoded apart.
        int window = KvCompressor.QueryWindow(_cells + tokens.Length, tokens.Length, plan);
        Prefill(tokens, tokens.Length - window, progress, cancellationToken);
        if (window > 0)
        {
            compressor.StartObserving(window);
            try
            {
                Prefill(tokens, tokens.Length, progress, cancellationToken, from: tokens.Length - window);
            }
            finally
            {
                compressor.StopObserving();
            }
        }

        // Computation runs on behind the last call.
        context.Synchronize();
        return Stopwatch.GetElapsedTime(start);
    }

    private void Prefill(ReadOnlySpan<int> tokens, int end, IProgress<PromptProgress>? progress, CancellationToken cancellationToken, int from = 0)
    {
        while (from < end)
        {
            int count = Math.Min(end - from, context.Settings.BatchSize);
            Decode(tokens.Slice(from, count), logits: from + count == tokens.Length);
            from += count;
            progress?.Report(new PromptProgress(from, tokens.Length));

            // After the last chunk too: the progress handler may have disposed the client.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private KvCompressionReport? Compress(KvCompressionPlan? plan)
    {
        KvCompressionReport? report = plan is null ? null : compressor.Compress(Sequence, _cells, _position - 1, plan);
        _cells = report?.CellsAfter ?? _cells;
        return report;
    }

    private void Decode(ReadOnlySpan<int> tokens, bool logits)
    {
        DecodeStatus status = context.Decode(tokens, _position, Sequence, logits);
        if (status != DecodeStatus.Ok)
        {
            throw new LlamaException($"llama.cpp could not decode {tokens.Length} tokens at position {_position} with {_cells} cells in use: {status}. {NativeLog.LastErrors()}");
        }

        _position += tokens.Length;
        _cells += tokens.Length;
    }
}
