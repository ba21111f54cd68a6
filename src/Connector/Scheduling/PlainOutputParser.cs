using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>An output parser for which the whole answer is text.</summary>
internal sealed class PlainOutputParser : IOutputParser
{
    public bool InReasoning => false;

    public bool InToolCall => false;

    public bool AllowsToolCall => true;

    public IReadOnlyList<AIContent> Parse(string text) => text.Length > 0 ? [new TextContent(text)] : [];

    public IReadOnlyList<AIContent> Finish() => [];
}
