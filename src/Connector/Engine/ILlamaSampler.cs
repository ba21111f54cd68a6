namespace CurKv.Connector.Engine;

/// <summary>Draws tokens from logits (<see cref="ILlamaContext.Sample"/>), and takes note of them. Used on one thread only.</summary>
internal interface ILlamaSampler : IDisposable
{
    /// <summary>Whether a grammar binds the next token: one with triggers does once a trigger has appeared.</summary>
    bool IsConstraining { get; }

    /// <summary>Says whether a trigger in the next token is one, which it is by default. A trigger that has begun is forgotten where it is not.</summary>
    void AllowTrigger(bool allowed);

    /// <summary>Takes note of tokens that were not drawn: penalties count the prompt's, as llama.cpp's server has it. A grammar does not see them.</summary>
    void AcceptPrompt(ReadOnlySpan<int> tokens);
}
