using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>Divides one answer's text into contents while it is generated. Used on the native thread only.</summary>
internal interface IOutputParser
{
    /// <summary>Whether the model is reasoning.</summary>
    bool InReasoning { get; }

    /// <summary>Whether a call of a tool has begun and is not whole yet.</summary>
    bool InToolCall { get; }

    /// <summary>Whether a call may begin here: only then a grammar's trigger is one.</summary>
    bool AllowsToolCall { get; }

    /// <summary>Takes text, cut anywhere, and gives what of the answer is clear now.</summary>
    IReadOnlyList<AIContent> Parse(string text);

    /// <summary>Gives what was held back. Nothing may follow.</summary>
    IReadOnlyList<AIContent> Finish();
}
