using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>Splits one answer's text into contents during generation. Used on the native thread only.</summary>
internal interface IOutputParser
{
    /// <summary>Whether the model is reasoning.</summary>
    bool InReasoning { get; }

    /// <summary>Whether a tool call has begun and is not complete yet.</summary>
    bool InToolCall { get; }

    /// <summary>Whether a tool call may begin here. Only then does a grammar's trigger count.</summary>
    bool AllowsToolCall { get; }

    /// <summary>Parses text, which may be split anywhere, and returns the contents that are complete.</summary>
    IReadOnlyList<AIContent> Parse(string text);

    /// <summary>Ends the answer and returns the contents that were held back.</summary>
    IReadOnlyList<AIContent> Finish();
}
