namespace CurKv.Connector.Engine;

/// <summary>Turns texts into vectors. Not thread-safe: one thread owns it.</summary>
internal interface ILlamaEmbeddingContext : IDisposable
{
    /// <summary>What the context was created with.</summary>
    LlamaEmbeddingSettings Settings { get; }

    /// <summary>The vectors' length.</summary>
    int Dimensions { get; }

    /// <summary>Turns text into tokens, with those around it that the model wants. The text holds no NUL character.</summary>
    int[] Tokenize(string text);

    /// <summary>Computes the vectors of texts in one batch.</summary>
    /// <param name="texts">At most <see cref="LlamaEmbeddingSettings.Sequences"/> texts, each of one token at least, and <see cref="LlamaEmbeddingSettings.BatchSize"/> tokens together.</param>
    /// <returns>The pooled vectors, as the model gives them.</returns>
    /// <exception cref="LlamaException">llama.cpp could not compute them.</exception>
    float[][] Embed(ReadOnlySpan<int[]> texts);
}
