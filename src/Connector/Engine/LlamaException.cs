namespace CurKv.Connector.Engine;

/// <summary>Something that has to do with the model, its native libraries or a prompt went wrong. The message names the setting and the fix.</summary>
public class LlamaException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, the setting that decides it, and the fix.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public LlamaException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
