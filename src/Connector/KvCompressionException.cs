namespace CurKv.Connector;

/// <summary>A sequence could not be compressed: the model's cache cannot be cut, or llama.cpp refused the rewritten cells.</summary>
public sealed class KvCompressionException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Why, and the fix.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public KvCompressionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
