namespace CurKv.Connector;

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

    /// <inheritdoc/>
    public override string Message => Advice is null ? base.Message : $"{base.Message} {Advice}";

    /// <summary>What happened, where a setting of the client decides it.</summary>
    internal LlamaFault Fault { get; init; }

    /// <summary>The setting and the fix, which lower layers do not know: the client adds them.</summary>
    internal string? Advice { get; set; }
}
