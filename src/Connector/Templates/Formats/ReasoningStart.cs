namespace CurKv.Connector.Templates.Formats;

/// <summary>Where a prompt leaves the model's reasoning.</summary>
internal enum ReasoningStart
{
    /// <summary>The model may begin to reason, or not.</summary>
    Possible,

    /// <summary>The prompt has opened the reasoning: the answer begins inside.</summary>
    Open,

    /// <summary>The prompt has opened and closed it: the model answers at once.</summary>
    Closed,
}
