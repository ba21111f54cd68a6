using System.Runtime.InteropServices;
using System.Text;
using CurKv.Connector.Engine.Gguf;
using CurKv.Connector.Engine.Native;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Engine;

/// <summary>The engine over LLamaSharp.</summary>
internal sealed unsafe partial class LlamaSharpEngine : ILlamaEngine
{
    private const string BindingName = "LLamaSharp";
    private static LlamaBinding? _binding;

    private readonly SafeLlamaModelHandle _model;
    private readonly IDisposable _logSubscription;

    private LlamaSharpEngine(SafeLlamaModelHandle model, LlamaModelInfo info, GgufOutputWeights? outputWeights, IDisposable logSubscription)
    {
        _model = model;
        OutputWeights = outputWeights;
        _logSubscription = logSubscription;
        Model = info;
        Tokens = new TokenBytes(LlamaGaps.llama_model_get_vocab(model.DangerousGetHandle()));
        Vocabulary = ReadVocabulary(Tokens);
        Grammars = new GrammarCache(Tokens.Vocab);
    }

    public LlamaBinding Binding => _binding!;

    public LlamaModelInfo Model { get; }

    public GgufOutputWeights? OutputWeights { get; }

    /// <summary>The tokens' bytes.</summary>
    public TokenBytes Tokens { get; }

    public LlamaVocabulary Vocabulary { get; }

    /// <summary>The grammars of answers.</summary>
    public GrammarCache Grammars { get; }

    public bool SupportsGpu => NativeApi.llama_supports_gpu_offload();

    /// <summary>Loads the native libraries (once for the process) and a model.</summary>
    /// <param name="settings">The model, and the libraries that run it.</param>
    /// <param name="logger">Receives llama.cpp's log lines while the engine lives.</param>
    /// <param name="progress">Receives the share of the model that is loaded, 0 to 1; null for none.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="LlamaNativeLibraryException">The libraries are missing or another build.</exception>
    /// <exception cref="LlamaModelException">The model cannot be loaded.</exception>
    /// <exception cref="OperationCanceledException">The loading was cancelled.</exception>
    public static LlamaSharpEngine Load(LlamaEngineSettings settings, ILogger logger, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        string modelPath = settings.ModelPath;
        GgufFile gguf = GgufFile.Read(modelPath);
        IDisposable subscription = NativeLog.Subscribe(logger);
        try
        {
            LoadLibraries(settings.NativeLibraryPath, settings.BackendPaths);
            NativeLog.ClearErrors();
            SafeLlamaModelHandle model = LoadModel(modelPath, settings.GpuLayerCount, progress, cancellationToken);
            try
            {
                LlamaModelInfo info = Describe(model, modelPath, gguf);
                return new LlamaSharpEngine(model, info, GgufOutputWeights.Open(gguf, info, model.EmbeddingSize), subscription);
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        catch
        {
            subscription.Dispose();
            throw;
        }
    }

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        // Prompts are tokenised on the callers' threads: the model must not be unloaded under one of them.
        bool held = false;
        try
        {
            _model.DangerousAddRef(ref held);
            LLamaToken[] tokens = _model.Tokenize(text, addSpecial && _model.Vocab.ShouldAddBOS, parseSpecial, Encoding.UTF8);
            return MemoryMarshal.Cast<LLamaToken, int>(tokens).ToArray();
        }
        finally
        {
            if (held)
            {
                _model.DangerousRelease();
            }
        }
    }

    public int Piece(int token, Span<byte> utf8, bool special = false)
    {
        bool held = false;
        try
        {
            _model.DangerousAddRef(ref held);
            return (int)_model.TokenToSpan(token, utf8, special: special);
        }
        finally
        {
            if (held)
            {
                _model.DangerousRelease();
            }
        }
    }

    public bool IsEndOfGeneration(int token) => ((LLamaToken)token).IsEndOfGeneration(_model.Vocab);

    public string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages, bool addAssistant)
    {
        // One block holds all strings, each ending in 0; the structs point into it.
        var text = new MemoryStream();
        Span<int> starts = new int[(messages.Count * 2) + 1];
        Append(template);
        for (int i = 0; i < messages.Count; i++)
        {
            starts[(2 * i) + 1] = Append(messages[i].Role);
            starts[(2 * i) + 2] = Append(messages[i].Content);
        }

        byte[] bytes = text.ToArray();
        var chat = new LLamaChatMessage[messages.Count];
        var output = new byte[(bytes.Length * 2) + 256];
        fixed (byte* start = bytes)
        fixed (LLamaChatMessage* first = chat)
        {
            for (int i = 0; i < chat.Length; i++)
            {
                chat[i].role = start + starts[(2 * i) + 1];
                chat[i].content = start + starts[(2 * i) + 2];
            }

            while (true)
            {
                int length;
                fixed (byte* destination = output)
                {
                    length = NativeApi.llama_chat_apply_template(start, first, (nuint)chat.Length, addAssistant, destination, output.Length);
                }

                if (length < 0)
                {
                    return null;
                }

                if (length <= output.Length)
                {
                    return Encoding.UTF8.GetString(output, 0, length);
                }

                output = new byte[length];
            }
        }

        int Append(string value)
        {
            int at = (int)text.Position;
            text.Write(Encoding.UTF8.GetBytes(value));
            text.WriteByte(0);
            return at;
        }
    }

    public ILlamaSampler CreateSampler(SamplerSettings settings)
    {
        ObjectDisposedException.ThrowIf(_model.IsClosed, this);
        SamplerGrammar? grammar = settings.Grammar is null ? null : new SamplerGrammar(settings.Grammar, Grammars, Tokens);
        try
        {
            return new LlamaSharpSampler(settings, Model, Tokens.Vocab, grammar);
        }
        catch
        {
            grammar?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Grammars.Dispose();
        _model.Dispose();
        _logSubscription.Dispose();
    }
}
