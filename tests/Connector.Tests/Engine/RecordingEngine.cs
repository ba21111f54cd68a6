using System.Collections.Concurrent;
using CurKv.Connector.Engine;

namespace CurKv.Connector.Tests.Engine;

/// <summary>A real engine that notes which answers were begun, in order.</summary>
internal sealed class RecordingEngine(ILlamaEngine engine) : ILlamaEngine
{
    /// <summary>The seed of each answer.</summary>
    public ConcurrentQueue<uint> Seeds { get; } = new();

    public LlamaBinding Binding => engine.Binding;

    public LlamaModelInfo Model => engine.Model;

    public LlamaVocabulary Vocabulary => engine.Vocabulary;

    public GgufOutputWeights? OutputWeights => engine.OutputWeights;

    public bool SupportsGpu => engine.SupportsGpu;

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => engine.Tokenize(text, addSpecial, parseSpecial);

    public int Piece(int token, Span<byte> utf8, bool special = false) => engine.Piece(token, utf8, special);

    public bool IsEndOfGeneration(int token) => engine.IsEndOfGeneration(token);

    public string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages, bool addAssistant) =>
        engine.ApplyTemplate(template, messages, addAssistant);

    public ILlamaContext CreateContext(LlamaContextSettings settings, IEvalHook? hook) => engine.CreateContext(settings, hook);

    public ILlamaEmbeddingContext CreateEmbeddingContext(LlamaEmbeddingSettings settings) => engine.CreateEmbeddingContext(settings);

    public ILlamaSampler CreateSampler(SamplerSettings settings)
    {
        Seeds.Enqueue(settings.Seed);
        return engine.CreateSampler(settings);
    }

    public void Dispose() => engine.Dispose();
}
