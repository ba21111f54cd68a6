namespace CurKv.Connector;

/// <summary>An answer's grammar is not one that llama.cpp can use, or the model's tokens cannot spell what it wants.</summary>
internal sealed class LlamaGrammarException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="grammar">The grammar.</param>
    /// <param name="message">What is wrong with it, and the fix.</param>
    public LlamaGrammarException(string grammar, string message)
        : base(message) => Grammar = grammar;

    /// <summary>The grammar, in llama.cpp's GBNF.</summary>
    public string Grammar { get; }
}
