using CurKv.Connector.Scheduling;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>An answer's parts as the contents of chat messages.</summary>
/// <param name="parser">Finds the parts.</param>
internal sealed class ChatOutputParser(ModelOutputParser parser) : IOutputParser
{
    private readonly List<OutputPart> _parts = [];

    public bool InReasoning => parser.InReasoning;

    public bool InToolCall => parser.InToolCall;

    public bool AllowsToolCall => parser.AllowsToolCall;

    public IReadOnlyList<AIContent> Parse(string text)
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
        OutputPartKind.Reasoning => (AIContent)new TextReasoningContent(part.Text),
        OutputPartKind.ToolCall => part.Call!,
        _ => new TextContent(part.Text),
    })];
}
