namespace CurKv.Connector;

/// <summary>The llama.cpp libraries are missing, or are a build that the binding does not fit.</summary>
internal sealed class LlamaNativeLibraryException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, and the fix.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public LlamaNativeLibraryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
