using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>Takes an answer for text and nothing else.</summary>
internal sealed class PlainOutputParser : IOutputParser
{
    public bool InReasoning => false;

    public bool InToolCall => false;

    public bool AllowsToolCall => true;

    public IReadOnlyList<AIContent> Parse(string text) => text.Length > 0 ? [new TextContent(text)] : [];

    public IReadOnlyList<AIContent> Finish() => [];
}
