using CurKv.Connector.Scheduling;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>An answer's parts as the contents of chat messages.</summary>
/// <param name="parser">Finds the parts.</param>
internal sealed class AnswerReader(AnswerParser parser) : IAnswerReader
{
    private readonly List<AnswerPart> _parts = [];

    public bool InReasoning => parser.InReasoning;

    public bool InCall => parser.InToolCall;

    public bool MayCall => parser.MayCall;

    public IReadOnlyList<AIContent> Read(string text)
    {
        _parts.Clear();

        // What a model says goes into the next prompt, where llama.cpp would end at a NUL.
        parser.Append(text.Replace("\0", string.Empty, StringComparison.Ordinal), _parts);
        return Contents();
    }

    public IReadOnlyList<AIContent> Finish()
    {
        _parts.Clear();
        parser.Finish(_parts);
        return Contents();
    }

    private AIContent[] Contents() => _parts.Count == 0 ? [] : [.. _parts.Select(part => part.Kind switch
    {
        AnswerPartKind.Reasoning => (AIContent)new TextReasoningContent(part.Text),
        AnswerPartKind.ToolCall => part.Call!,
        _ => new TextContent(part.Text),
    })];
}
