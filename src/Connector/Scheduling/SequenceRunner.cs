using CurKv.Connector.Engine;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Decides whose cells are in the context: prefills prompts and runs answers, which may take turns.
/// Used on the native thread only.
/// </summary>
internal sealed class SequenceRunner(ILlamaEngine engine, ResizableContext resizable) : IDisposable
{
    private readonly SequenceState _state = new(engine, resizable);
    private Generation? _resident;

    /// <summary>Why this model's cache cannot be compressed; null if it can.</summary>
    public string? CompressionUnsupportedReason => resizable.UnsupportedReason;

    /// <summary>Whether the prompt's queries can be observed during prefill.</summary>
    public bool ObservesQueries => resizable.ObservesQueries;

    /// <summary>The current number of the context's cells.</summary>
    public int ContextSize => resizable.Size;

    /// <summary>Whether the device that holds the cache computes norms itself.</summary>
    public bool MeasuresOnDevice => resizable.MeasuresOnDevice;

    /// <summary>Creates an answer, of which nothing is done yet.</summary>
    /// <param name="request">The request.</param>
    /// <param name="emit">Receives the pieces; the last one carries the finish reason.</param>
    public Generation Start(GenerationRequest request, Action<GenerationEvent> emit) => new(engine, _state, request, emit);

    /// <summary>Generates an answer until it is finished or has to wait for its reader. Its cells stay in the context until others need it.</summary>
    /// <param name="generation">The answer.</param>
    /// <param name="mustWait">Whether its reader has enough to read; asked between tokens.</param>
    /// <param name="cancellationToken">Looked at between chunks of the prompt and between tokens.</param>
    public void Run(Generation generation, Func<bool> mustWait, CancellationToken cancellationToken)
    {
        if (_resident != generation)
        {
            Vacate();
            _resident = generation;
            generation.Resume();
        }

        while (!generation.IsFinished && !(generation.CanPause && mustWait()))
        {
            generation.Step(cancellationToken);
        }
    }

    /// <summary>Ends an answer, finished or not.</summary>
    public void End(Generation generation)
    {
        if (_resident == generation)
        {
            _resident = null;
        }

        generation.Dispose();
    }

    /// <summary>Reads tokens behind what was read before, compresses all of it, and copies what is left out of the cache.</summary>
    /// <param name="request">What is read, and how it is compressed.</param>
    /// <param name="progress">Told after each chunk, on this thread; null for none.</param>
    /// <param name="cancellationToken">Looked at between chunks.</param>
    public (KvSnapshot Snapshot, GenerationStatistics Statistics) Read(PrefillRequest request, IProgress<PromptProgress>? progress, CancellationToken cancellationToken)
    {
        Vacate();
        KvSequence sequence = _state.Sequence;
        _state.Begin(request.Prefix, request.Tokens.Length, request.Compression);
        var prefill = new PromptPrefill(engine, resizable.Context, resizable.Compressor, sequence, progress is null ? null : progress.Report, cancellationToken);
        PrefillResult result = prefill.Run(request.Tokens, request.Compression);
        KvSnapshot snapshot = _state.Take();
        if (request.Compression?.ShrunkContextHeadroom is int room)
        {
            resizable.Shrink(sequence.CellsWith(room));
        }

        return (snapshot, new GenerationStatistics
        {
            PromptTokens = sequence.Tokens,
            CachedPromptTokens = request.Prefix?.Contents.Tokens ?? 0,
            OutputTokens = 0,
            ReasoningTokens = 0,
            PrefillTime = result.PrefillTime,
            DecodeTime = TimeSpan.Zero,
            DecodedTokens = 0,
            Cells = sequence.Cells,
            Compressions = result.Compressions,
        });
    }

    public void Dispose() => resizable.Dispose();

    private void Vacate()
    {
        _resident?.Suspend();
        _resident = null;
    }
}
