using CurKv.Connector.Scheduling;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Converts the parts of a model's output to message contents.</summary>
/// <param name="parser">Splits the output into parts.</param>
internal sealed class ChatOutputParser(ModelOutputParser parser) : IOutputParser
{
    private readonly List<OutputPart> _parts = [];

    public bool InReasoning => parser.InReasoning;

    public bool InToolCall => parser.InToolCall;

    public bool AllowsToolCall => parser.AllowsToolCall;

    public IReadOnlyList<AIContent> Parse(string text)
    {
        _parts.Clear();

        // The output becomes part of the next prompt, which llama.cpp would cut at a NUL.
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
