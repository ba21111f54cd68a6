using System.Diagnostics;
using System.Runtime.ExceptionServices;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// One answer, token by token. Between two steps its cells may be taken out of the context, so that another request uses it, and put
/// back. Used on the native thread only.
/// </summary>
internal sealed class Generation : IDisposable
{
    private readonly ILlamaEngine _engine;
    private readonly SequenceState _state;
    private readonly GenerationRequest _request;
    private readonly Action<GenerationEvent> _emit;
    private readonly ILlamaSampler _sampler;
    private readonly Detokenizer _text;
    private PrefillResult? _prefill;
    private DecodingCompression? _compression;
    private KvSnapshot? _suspended;
    private Exception? _lost;
    private TimeSpan _decodeTime;
    private int _drawn;
    private int _outputTokens;
    private int _reasoningTokens;
    private int _decoded;
    private bool _hasCalled;

    /// <summary>Creates an answer of which nothing is done yet.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="state">The sequence that the answer is decoded in.</param>
    /// <param name="request">What is to be answered.</param>
    /// <param name="emit">Receives the pieces; the last one carries the finish reason.</param>
    /// <exception cref="LlamaGrammarException">The grammar is bad: that shows before anything is read.</exception>
    public Generation(ILlamaEngine engine, SequenceState state, GenerationRequest request, Action<GenerationEvent> emit)
    {
        _engine = engine;
        _state = state;
        _request = request;
        _emit = emit;
        _sampler = engine.CreateSampler(request.Sampler);
        _text = new Detokenizer(engine, request.StopSequences, request.VisibleSpecialTokens);
    }

    /// <summary>Whether the last piece is out.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Whether the answer may be suspended now: not while the queries of its tokens are observed.</summary>
    public bool CanPause => _compression is { IsObserving: false };

    /// <summary>Reads the prompt, or decodes the token that was drawn last; then draws the next one.</summary>
    /// <param name="cancellationToken">Looked at before that, and between chunks of the prompt.</param>
    public void Step(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_prefill is null)
        {
            Prefill(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }

        long start = Stopwatch.GetTimestamp();
        if (_outputTokens > 0)
        {
            Decode();
        }

        ChatFinishReason? finished = Draw();
        _decodeTime += Stopwatch.GetElapsedTime(start);
        if (finished is not null)
        {
            Finish(finished.Value);
        }
    }

    /// <summary>Takes the cells out, so that another request may use the context. Should that fail, the answer ends with the reason.</summary>
    public void Suspend()
    {
        _compression?.Leave();
        try
        {
            _suspended = _state.Take();
        }
        catch (Exception e) when (e is LlamaException or OutOfMemoryException)
        {
            _lost = e;
        }
    }

    /// <summary>Puts the cells back.</summary>
    public void Resume()
    {
        if (_lost is not null)
        {
            ExceptionDispatchInfo.Throw(_lost);
        }

        // The logits are not among the cells: the token drawn last is decoded only now.
        if (_suspended is not null)
        {
            _state.Begin(_suspended, 1, null);
            _suspended.Dispose();
            _suspended = null;
            _compression!.Follow();
        }
    }

    public void Dispose()
    {
        _suspended?.Dispose();
        _compression?.Dispose();
        _sampler.Dispose();
    }

    private void Prefill(CancellationToken cancellationToken)
    {
        ResizableContext resizable = _state.Sized;
        int[] tokens = _request.Tokens;
        _sampler.AcceptPrompt(tokens);
        _state.Begin(_request.Prefix, tokens.Length, _request.Compression);
        Action<PromptProgress>? progress = tokens.Length > resizable.Context.Settings.BatchSize ? step => _emit(new GenerationEvent([], Progress: step)) : null;
        var prefill = new PromptPrefill(_engine, resizable.Context, resizable.Compressor, _state.Sequence, progress, cancellationToken);
        _prefill = prefill.Run(tokens, _request.Compression);
        KvCompressionPlan? plan = _request.Compression is { } wanted && !resizable.Compressor.IsUnsupported(wanted) ? wanted : null;
        _compression = new DecodingCompression(resizable, _state.Sequence, plan);
    }

    private void Decode()
    {
        _state.Sized.Context.Decode(_state.Sequence, [_drawn], logits: true);
        _decoded++;
        if (_compression!.AfterToken(_sampler.IsConstraining || _request.Parser.InToolCall) is KvCompressionReport report)
        {
            _prefill!.Compressions.Add(report);
        }
    }

    private ChatFinishReason? Draw()
    {
        _sampler.AllowTrigger(_request.Parser.AllowsToolCall);
        _drawn = _state.Sized.Context.Sample(_sampler);
        if (_engine.IsEndOfGeneration(_drawn))
        {
            return ChatFinishReason.Stop;
        }

        _outputTokens++;
        _reasoningTokens += _request.Parser.InReasoning ? 1 : 0;
        bool stopped = _text.Append(_drawn, out string piece);
        Emit(piece.Length > 0 ? _request.Parser.Parse(piece) : []);
        return stopped ? ChatFinishReason.Stop
            : _outputTokens == _request.MaxOutputTokens || !_state.HasRoom() ? ChatFinishReason.Length
            : null;
    }

    private void Finish(ChatFinishReason finished)
    {
        Emit([.. _request.Parser.Parse(_text.Finish()), .. _request.Parser.Finish()]);
        int prefix = _request.Prefix?.Contents.Tokens ?? 0;
        _emit(new GenerationEvent([], _hasCalled && finished == ChatFinishReason.Stop ? ChatFinishReason.ToolCalls : finished, new GenerationStatistics
        {
            PromptTokens = prefix + _request.Tokens.Length,
            CachedPromptTokens = prefix,
            OutputTokens = _outputTokens,
            ReasoningTokens = _reasoningTokens,
            PrefillTime = _prefill!.PrefillTime,
            DecodeTime = _decodeTime,
            DecodedTokens = _decoded,
            Cells = _state.Sequence.Cells,
            Compressions = _prefill.Compressions,
        }));
        IsFinished = true;
    }

    private void Emit(IReadOnlyList<AIContent> contents)
    {
        if (contents.Count > 0)
        {
            _hasCalled |= contents.Any(content => content is FunctionCallContent);
            _emit(new GenerationEvent(contents));
        }
    }
}
