namespace CurKv.Connector.Engine;

/// <summary>A loaded model. Thread-safe but for <see cref="IDisposable.Dispose"/>, which waits for nothing: contexts go first.</summary>
internal interface ILlamaEngine : IDisposable
{
    /// <summary>Which binding and which llama.cpp runs the model.</summary>
    LlamaBinding Binding { get; }

    /// <summary>The model's facts.</summary>
    LlamaModelInfo Model { get; }

    /// <summary>What the vocabulary says about special tokens.</summary>
    LlamaVocabulary Vocabulary { get; }

    /// <summary>The weights that layers' heads are mixed with; null where the model's first file holds none in the usual shape.</summary>
    GgufOutputWeights? OutputWeights { get; }

    /// <summary>Whether the loaded library can put layers on a GPU.</summary>
    bool SupportsGpu { get; }

    /// <summary>Turns text into tokens. The text holds no NUL character, at which llama.cpp would end it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Whether the model's begin-of-sequence token goes first, if the model wants one.</param>
    /// <param name="parseSpecial">Whether special tokens written in the text become tokens.</param>
    int[] Tokenize(string text, bool addSpecial, bool parseSpecial);

    /// <summary>Writes a token's UTF-8 bytes, which may be a part of a character, and returns their number.</summary>
    /// <param name="token">The token.</param>
    /// <param name="utf8">Receives the bytes as far as they fit; the number returned is the whole one.</param>
    /// <param name="special">Whether special tokens have a text too; without it they have none.</param>
    int Piece(int token, Span<byte> utf8, bool special = false);

    /// <summary>Whether a token ends the answer.</summary>
    bool IsEndOfGeneration(int token);

    /// <summary>Renders messages with a chat template that llama.cpp knows.</summary>
    /// <param name="template">The template's text, or the name of one of llama.cpp's.</param>
    /// <param name="messages">Role and content of each message.</param>
    /// <param name="addAssistant">Whether the assistant's turn is opened at the end.</param>
    /// <returns>The prompt, or null where llama.cpp does not know the template.</returns>
    string? ApplyTemplate(string template, IReadOnlyList<(string Role, string Content)> messages, bool addAssistant);

    /// <summary>Creates a context: a KV cache and its compute buffers.</summary>
    /// <param name="settings">The sizes, validated by the caller: llama.cpp ends the process on bad ones.</param>
    /// <param name="hook">Sees the compute graph of every decode; null for none.</param>
    ILlamaContext CreateContext(LlamaContextSettings settings, IEvalHook? hook);

    /// <summary>Creates a context for embeddings.</summary>
    /// <param name="settings">The sizes, validated by the caller: llama.cpp ends the process on bad ones.</param>
    /// <exception cref="LlamaModelException">The model gives no vectors for texts, or there is no memory for the context.</exception>
    ILlamaEmbeddingContext CreateEmbeddingContext(LlamaEmbeddingSettings settings);

    /// <summary>Creates a sampler, for one answer.</summary>
    /// <exception cref="LlamaGrammarException">llama.cpp cannot use the grammar.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A logit bias names a token that the model has not.</exception>
    ILlamaSampler CreateSampler(SamplerSettings settings);
}
