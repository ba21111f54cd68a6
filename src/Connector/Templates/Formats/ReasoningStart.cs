namespace CurKv.Connector.Templates.Formats;

/// <summary>The state of the reasoning at the end of a prompt.</summary>
internal enum ReasoningStart
{
    /// <summary>The model may begin to reason, or not.</summary>
    Possible,

    /// <summary>The prompt has opened the reasoning: the answer begins within it.</summary>
    Open,

    /// <summary>The prompt has opened and closed the reasoning: the model answers at once.</summary>
    Closed,
}
