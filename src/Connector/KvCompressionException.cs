namespace CurKv.Connector;

/// <summary>A sequence could not be compressed: the model's cache does not support it, or llama.cpp rejected the rewritten cells.</summary>
public sealed class KvCompressionException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The reason and the fix.</param>
    /// <param name="innerException">The cause, or null.</param>
    public KvCompressionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
