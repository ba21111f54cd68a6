namespace CurKv.Connector;

/// <summary>The model file is missing, damaged, of an unknown architecture, or lacks what was asked of it.</summary>
public sealed class LlamaModelException : LlamaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="modelPath">The model file.</param>
    /// <param name="message">What is wrong with it, and the fix.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public LlamaModelException(string modelPath, string message, Exception? innerException = null)
        : base(message, innerException)
        => ModelPath = modelPath;

    /// <summary>The model file.</summary>
    public string ModelPath { get; }
}
