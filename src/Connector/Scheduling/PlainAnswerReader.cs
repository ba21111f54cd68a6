using Microsoft.Extensions.AI;

namespace CurKv.Connector.Scheduling;

/// <summary>Takes an answer for text and nothing else.</summary>
internal sealed class PlainAnswerReader : IAnswerReader
{
    public bool InReasoning => false;

    public bool InCall => false;

    public bool MayCall => true;

    public IReadOnlyList<AIContent> Read(string text) => text.Length > 0 ? [new TextContent(text)] : [];

    public IReadOnlyList<AIContent> Finish() => [];
}
