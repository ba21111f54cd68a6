using System.Diagnostics;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Sessions;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>Prefills prompts into a sequence, compresses it, and decodes answers. Used on the native thread only.</summary>
internal sealed unsafe class SequenceRunner(ILlamaEngine engine, ResizableContext resizable) : IDisposable
{
    private readonly KvSequence _sequence = new(0, engine.Model.SlidingWindow);

    /// <summary>Why this model's cache cannot be compressed; null if it can.</summary>
    public string? CompressionUnsupportedReason => resizable.UnsupportedReason;

    /// <summary>Whether the prompt's queries can be observed during prefill.</summary>
    public bool ObservesQueries => resizable.ObservesQueries;

    /// <summary>The current number of the context's cells.</summary>
    public int ContextSize => resizable.Size;

    /// <summary>Whether the device that holds the cache computes norms itself.</summary>
    public bool MeasuresOnDevice => resizable.MeasuresOnDevice;

    /// <summary>Prefills a request's tokens and generates the answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="emit">Receives the events; the last one has the finish reason.</param>
    /// <param name="cancellationToken">Checked between chunks of the prompt and between tokens.</param>
    public void Generate(GenerationRequest request, Action<GenerationEvent> emit, CancellationToken cancellationToken)
    {
        // An invalid grammar fails before the prefill.
        using ILlamaSampler sampler = engine.CreateSampler(request.Sampler);
        sampler.AcceptPrompt(request.Tokens);
        Restore(request.Prefix, request.Tokens.Length, request.Compression);
        Action<PromptProgress>? progress = request.Tokens.Length > resizable.Context.Settings.BatchSize ? step => emit(new GenerationEvent([], Progress: step)) : null;
        PrefillResult prefill = Prefill(progress, cancellationToken).Run(request.Tokens, request.Compression);
        KvCompressionPlan? plan = request.Compression is null || resizable.Compressor.IsUnsupported(request.Compression) ? null : request.Compression;
        using var compression = new DecodingCompression(resizable, _sequence, plan);

        var text = new Detokenizer(engine, request.StopSequences, request.VisibleSpecialTokens);
        IOutputParser parser = request.Parser;
        var decodeTime = TimeSpan.Zero;
        int outputTokens = 0;
        int reasoningTokens = 0;
        int decoded = 0;
        bool hasCalled = false;
        ChatFinishReason? finished = null;
        while (finished is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            sampler.AllowTrigger(parser.AllowsToolCall);
            int token = resizable.Context.Sample(sampler);
            if (engine.IsEndOfGeneration(token))
            {
                finished = ChatFinishReason.Stop;
            }
            else
            {
                outputTokens++;
                reasoningTokens += parser.InReasoning ? 1 : 0;
                bool stopped = text.Append(token, out string piece);
                Emit(piece.Length > 0 ? parser.Parse(piece) : []);

                if (stopped)
                {
                    finished = ChatFinishReason.Stop;
                }
                else if (outputTokens == request.MaxOutputTokens || !HasRoom())
                {
                    finished = ChatFinishReason.Length;
                }
                else
                {
                    resizable.Context.Decode(_sequence, [token], logits: true);
                    decoded++;
                    if (compression.AfterToken(sampler.IsConstraining || parser.InToolCall) is KvCompressionReport report)
                    {
                        prefill.Compressions.Add(report);
                    }
                }
            }

            decodeTime += Stopwatch.GetElapsedTime(start);
        }

        Emit([.. parser.Parse(text.Finish()), .. parser.Finish()]);
        finished = hasCalled && finished == ChatFinishReason.Stop ? ChatFinishReason.ToolCalls : finished;
        emit(new GenerationEvent([], finished, new GenerationStatistics
        {
            PromptTokens = (request.Prefix?.Contents.Tokens ?? 0) + request.Tokens.Length,
            CachedPromptTokens = request.Prefix?.Contents.Tokens ?? 0,
            OutputTokens = outputTokens,
            ReasoningTokens = reasoningTokens,
            PrefillTime = prefill.PrefillTime,
            DecodeTime = decodeTime,
            DecodedTokens = decoded,
            Cells = _sequence.Cells,
            Compressions = prefill.Compressions,
        }));

        void Emit(IReadOnlyList<AIContent> contents)
        {
            if (contents.Count > 0)
            {
                hasCalled |= contents.Any(content => content is FunctionCallContent);
                emit(new GenerationEvent(contents));
            }
        }
    }

    /// <summary>Prefills tokens after a snapshot, compresses the whole sequence, and copies its cells out of the cache.</summary>
    /// <param name="prefix">The snapshot before the tokens; null for none.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="plan">How they are compressed; null to keep all.</param>
    /// <param name="progress">Called after each chunk, on this thread; null for none.</param>
    /// <param name="cancellationToken">Checked between chunks.</param>
    public (KvSnapshot Snapshot, GenerationStatistics Statistics) Read(
        KvSnapshot? prefix, int[] tokens, KvCompressionPlan? plan, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        Restore(prefix, tokens.Length, plan);
        PrefillResult prefill = Prefill(progress is null ? null : progress.Report, cancellationToken).Run(tokens, plan);
        KvSnapshot snapshot = Take();
        if (plan?.ShrunkContextHeadroom is int room)
        {
            resizable.Shrink(_sequence.CellsWith(room));
        }

        return (snapshot, new GenerationStatistics
        {
            PromptTokens = _sequence.Tokens,
            CachedPromptTokens = prefix?.Contents.Tokens ?? 0,
            OutputTokens = 0,
            ReasoningTokens = 0,
            PrefillTime = prefill.PrefillTime,
            DecodeTime = TimeSpan.Zero,
            DecodedTokens = 0,
            Cells = _sequence.Cells,
            Compressions = prefill.Compressions,
        });
    }

    public void Dispose() => resizable.Dispose();

    private PromptPrefill Prefill(Action<PromptProgress>? progress, CancellationToken cancellationToken) =>
        new(engine, resizable.Context, resizable.Compressor, _sequence, progress, cancellationToken);

    /// <summary>Restores a snapshot into the cache, with room for <paramref name="tokens"/> more tokens.</summary>
    private void Restore(KvSnapshot? snapshot, int tokens, KvCompressionPlan? plan)
    {
        resizable.Reserve(plan is { NeedsReconstruction: true } ? int.MaxValue : snapshot?.Contents.CellsWith(tokens) ?? tokens);
        resizable.Compressor.Forget();
        resizable.Context.SequenceRemove(_sequence.Id);
        _sequence.Clear();
        if (snapshot is not null)
        {
            ObjectDisposedException.ThrowIf(snapshot.Data == null, snapshot);
            Put(snapshot);
        }
    }

    /// <summary>Whether one more token fits. A shrunk context is first recreated at full size.</summary>
    private bool HasRoom()
    {
        if (_sequence.CellsWith(1) > resizable.Context.Settings.ContextSize && resizable.IsShrunk)
        {
            using KvSnapshot snapshot = Take();
            resizable.Reserve(int.MaxValue);
            Put(snapshot);
        }

        return _sequence.CellsWith(1) <= resizable.Context.Settings.ContextSize;
    }

    private KvSnapshot Take()
    {
        nuint size = resizable.Context.StateSize(_sequence.Id);
        var snapshot = new KvSnapshot(size, _sequence);
        if (resizable.Context.StateGet(_sequence.Id, snapshot.Data, size) != size)
        {
            snapshot.Dispose();
            throw new KvCompressionException($"llama.cpp did not return the sequence's {_sequence.Cells} cells. {NativeLog.LastErrors()}");
        }

        return snapshot;
    }

    private void Put(KvSnapshot snapshot)
    {
        bool isPut = TryPut(snapshot);
        if (!isPut && resizable.IsShrunk)
        {
            // Some builds of llama.cpp keep more of a sliding window than it needs.
            resizable.Reserve(int.MaxValue);
            isPut = TryPut(snapshot);
        }

        if (!isPut)
        {
            throw new KvCompressionException($"llama.cpp rejected the document's {snapshot.Contents.Cells} cells. Read the document again. {NativeLog.LastErrors()}");
        }

        _sequence.CopyFrom(snapshot.Contents);
    }

    private bool TryPut(KvSnapshot snapshot)
    {
        if (resizable.Context.StateSet(_sequence.Id, snapshot.Data, snapshot.Size) == snapshot.Size)
        {
            return true;
        }

        // A rejected blob may leave cells registered.
        resizable.Context.SequenceRemove(_sequence.Id);
        return false;
    }
}
