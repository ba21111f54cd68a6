using System.Collections.Concurrent;
using System.Text;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Connector.Tests.Engine;

/// <summary>
/// An engine without a model: a prompt has a token for each character, and the answer is what the test says. Callbacks run on the
/// client's native thread, so that a test can hold it, fail on it, or count what it does.
/// </summary>
internal sealed class FakeLlamaEngine : ILlamaEngine
{
    private const int FirstAnswerToken = 0x1_0000;
    private const int EndOfGeneration = -1;
    private readonly List<byte[]> _answerTokens = [];
    private int _decodes;
    private int _restores;
    private int _disposedSamplers;

    public bool SupportsGpu => false;

    public LlamaVocabulary Vocabulary { get; init; } = new();

    public GgufOutputWeights? OutputWeights { get; init; }

    /// <summary>The bytes of the answer's token with this index; null ends the answer. An endless row of "x" by default.</summary>
    public Func<int, byte[]?> OnSample { get; set; } = _ => "x"u8.ToArray();

    /// <summary>The bytes of an answer's tokens, by its prompt and how they are drawn; null for what <see cref="OnSample"/> says.</summary>
    public Func<string, SamplerSettings, IEnumerable<byte[]>>? OnAnswer { get; set; }

    /// <summary>The bytes of any token; null for the prompts' characters and the answer's bytes.</summary>
    public Func<int, byte[]>? OnPiece { get; init; }

    /// <summary>What a text becomes before each of its characters is a token.</summary>
    public Func<string, string> OnTokenize { get; init; } = text => text;

    /// <summary>Called with the number of tokens before they are decoded.</summary>
    public Func<int, DecodeStatus> OnDecode { get; set; } = _ => DecodeStatus.Ok;

    /// <summary>Called before a blob is restored; false refuses it.</summary>
    public Func<bool> OnRestore { get; set; } = () => true;

    /// <summary>Called when cells are copied out; false refuses.</summary>
    public Func<bool> OnSave { get; set; } = () => true;

    /// <summary>Called before a context is created.</summary>
    public Action OnCreateContext { get; set; } = () => { };

    /// <summary>Whether a grammar binds the next token.</summary>
    public Func<bool> OnConstraining { get; set; } = () => false;

    /// <summary>Whether a trigger counted in each token of the answers.</summary>
    public ConcurrentQueue<bool> TriggersAllowed { get; } = new();

    /// <summary>The settings of the sampler of each answer.</summary>
    public ConcurrentQueue<SamplerSettings> Samplers { get; } = new();

    /// <summary>The prompt of each answer, as the model reads it.</summary>
    public ConcurrentQueue<string> Prompts { get; } = new();

    /// <summary>What each rendering of the template was given.</summary>
    public ConcurrentQueue<(string Role, string Content)[]> Rendered { get; } = new();

    /// <summary>How often tokens were decoded.</summary>
    public int Decodes => Volatile.Read(ref _decodes);

    /// <summary>How often a blob was restored.</summary>
    public int Restores => Volatile.Read(ref _restores);

    /// <summary>How many answers were ended.</summary>
    public int DisposedSamplers => Volatile.Read(ref _disposedSamplers);

    public bool IsDisposed { get; private set; }

    public LlamaBinding Binding { get; } = new("fake", "b0", "/nowhere/libllama.so");

    // Without rotary positions the cache is not tested, and compression refuses.
    public LlamaModelInfo Model { get; init; } = new()
    {
        Path = "fake.gguf",
        Description = "a fake",
        Architecture = "fake",
        TrainedContext = 4096,
        VocabularySize = FirstAnswerToken,
        Layers = 1,
        QueryHeads = 1,
        KvHeads = 1,
        KeyDimension = 32,
        ValueDimension = 32,
        HasRotaryPositions = false,
        Rotary = null,
        IsRecurrent = false,
        ChatTemplate = "fake",
    };

    /// <summary>A client over this engine that keeps its whole cache.</summary>
    public LlamaChatClient CreateClient(int contextSize = 4096, int batchSize = 512) => new(
        this,
        new LlamaChatClientOptions
        {
            ModelPath = "fake.gguf",
            ContextSize = contextSize,
            BatchSize = batchSize,
            Threads = 1,
            GpuLayerCount = 0,
            Compression = { Policy = KvCompressionOptions.NoPolicy },
        },
        NullLogger.Instance);

    /// <summary>An answer of these tokens.</summary>
    public static Func<int, byte[]?> Answer(params IReadOnlyList<string> tokens) =>
        index => index < tokens.Count ? Encoding.UTF8.GetBytes(tokens[index]) : null;

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => [.. OnTokenize(text).Select(character => (int)character)];

    public int Piece(int token, Span<byte> utf8, bool special = false)
    {
        byte[] bytes = OnPiece is not null ? OnPiece(token) : token >= FirstAnswerToken ? _answerTokens[token - FirstAnswerToken] : Encoding.UTF8.GetBytes([(char)token]);
        bytes.AsSpan(0, Math.Min(bytes.Length, utf8.Length)).CopyTo(utf8);
        return bytes.Length;
    }

    public bool IsEndOfGeneration(int token) => token == EndOfGeneration;

    public string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages, bool addAssistant)
    {
        Rendered.Enqueue([.. messages]);
        return string.Concat(messages.Select(message => $"<{message.Role}>{message.Content}")) + "<assistant>";
    }

    public ILlamaContext CreateContext(LlamaContextSettings settings, IEvalHook? hook)
    {
        OnCreateContext();
        return new Context(this, settings);
    }

    public ILlamaEmbeddingContext CreateEmbeddingContext(LlamaEmbeddingSettings settings) => new EmbeddingContext(this, settings);

    public ILlamaSampler CreateSampler(SamplerSettings settings)
    {
        Samplers.Enqueue(settings);
        return new Sampler(this, settings);
    }

    public void Dispose() => IsDisposed = true;

    private sealed unsafe class Context(FakeLlamaEngine engine, LlamaContextSettings settings) : ILlamaContext
    {
        private int _cells;

        public LlamaContextSettings Settings => settings;

        public EvalHookSwitch? HookSwitch => null;

        public DecodeStatus Decode(ReadOnlySpan<int> tokens, int position, int sequence, bool logits)
        {
            ObjectDisposedException.ThrowIf(engine.IsDisposed, engine);
            Interlocked.Increment(ref engine._decodes);
            Assert.Equal(_cells, position);
            Assert.InRange(tokens.Length, 1, settings.BatchSize);
            _cells += tokens.Length;
            Assert.InRange(_cells, 1, settings.ContextSize);
            return engine.OnDecode(tokens.Length);
        }

        public ReadOnlySpan<float> Logits() => [];

        public void Synchronize()
        {
        }

        public bool SequenceRemove(int sequence, int from = -1, int to = -1)
        {
            _cells = 0;
            return true;
        }

        public void SequenceCopy(int from, int to, int start = -1)
        {
        }

        public (int Min, int Max) SequenceRange(int sequence) => _cells == 0 ? (-1, -1) : (0, _cells - 1);

        public nuint StateSize(int sequence) => sizeof(int);

        public nuint StateGet(int sequence, byte* destination, nuint size)
        {
            *(int*)destination = _cells;
            return engine.OnSave() ? size : 0;
        }

        public nuint NonAttentionStateSize(int sequence) => 0;

        public nuint NonAttentionStateGet(int sequence, byte* destination, nuint size) => 0;

        public nuint StateSet(int sequence, byte* source, nuint size)
        {
            Interlocked.Increment(ref engine._restores);
            if (!engine.OnRestore())
            {
                return 0;
            }

            _cells = *(int*)source;
            return size;
        }

        public int Sample(ILlamaSampler sampler) => ((Sampler)sampler).Sample();

        public void Dispose()
        {
        }
    }

    /// <summary>Vectors of two numbers: a text's first character, and how many texts were in the batch.</summary>
    private sealed class EmbeddingContext(FakeLlamaEngine engine, LlamaEmbeddingSettings settings) : ILlamaEmbeddingContext
    {
        public LlamaEmbeddingSettings Settings => settings;

        public int Dimensions => 2;

        public int[] Tokenize(string text) => engine.Tokenize(text, addSpecial: true, parseSpecial: false);

        public float[][] Embed(ReadOnlySpan<int[]> texts)
        {
            ObjectDisposedException.ThrowIf(engine.IsDisposed, engine);
            int tokens = 0;
            float[][] vectors = new float[texts.Length][];
            for (int i = 0; i < vectors.Length; i++)
            {
                tokens += texts[i].Length;
                vectors[i] = [texts[i][0], texts.Length];
            }

            Assert.InRange(texts.Length, 1, settings.Sequences);
            Assert.InRange(tokens, 1, settings.BatchSize);
            engine.OnDecode(tokens);
            return vectors;
        }

        public void Dispose()
        {
        }
    }

    private sealed class Sampler(FakeLlamaEngine engine, SamplerSettings settings) : ILlamaSampler
    {
        private IEnumerator<byte[]>? _answer;
        private int _index;

        public bool IsConstraining => engine.OnConstraining();

        public void AllowTrigger(bool allowed) => engine.TriggersAllowed.Enqueue(allowed);

        public void AcceptPrompt(ReadOnlySpan<int> tokens)
        {
            string prompt = string.Concat(tokens.ToArray().Select(token => (char)token));
            engine.Prompts.Enqueue(prompt);
            _answer = engine.OnAnswer?.Invoke(prompt, settings).GetEnumerator();
        }

        public int Sample()
        {
            if (Next() is not byte[] bytes)
            {
                return EndOfGeneration;
            }

            engine._answerTokens.Add(bytes);
            return FirstAnswerToken + engine._answerTokens.Count - 1;
        }

        public void Dispose()
        {
            _answer?.Dispose();
            Interlocked.Increment(ref engine._disposedSamplers);
        }

        private byte[]? Next() => _answer is null ? engine.OnSample(_index++) : _answer.MoveNext() ? _answer.Current : null;
    }
}
