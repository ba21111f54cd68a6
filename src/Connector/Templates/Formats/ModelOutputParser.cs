using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Splits a model's output into text, reasoning and tool calls during generation. One parser per answer. Not thread-safe.</summary>
/// <remarks>
/// The text may be split anywhere: the result depends only on the text. A delimiter is never part of the text; characters that may begin
/// one are held back until that is clear. A call is returned when it is complete. A call that the end of the answer cuts off is dropped:
/// a part of it is useless to the user, and the finish reason tells the caller. Text between a call's delimiters that names no tool is
/// returned as text, with the delimiters: an answer may mention them.
/// </remarks>
internal abstract class ModelOutputParser
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _space = new();
    private readonly HashSet<string> _callIds = new(StringComparer.Ordinal);
    private readonly ChatFormat _format;
    private List<OutputPart> _parts = [];
    private OutputPartKind _kind = OutputPartKind.Text;
    private bool _skipsSpace;

    /// <summary>A parser for one answer.</summary>
    /// <param name="format">The format, which creates call ids.</param>
    /// <param name="settings">The request's settings.</param>
    protected ModelOutputParser(ChatFormat format, OutputParserSettings settings)
    {
        _format = format;
        Settings = settings;
    }

    /// <summary>Whether a tool call has begun and is not complete yet.</summary>
    public abstract bool InToolCall { get; }

    /// <summary>Whether the model is reasoning.</summary>
    public abstract bool InReasoning { get; }

    /// <summary>
    /// Whether a tool call may begin here or has begun. Only then does a grammar's trigger count: not within reasoning, which may mention
    /// calls, nor after text if the format's calls have no delimiters.
    /// </summary>
    public abstract bool AllowsToolCall { get; }

    /// <summary>The request's settings.</summary>
    protected OutputParserSettings Settings { get; }

    /// <summary>Whether the current section contains only white space so far.</summary>
    protected bool IsBlank { get; private set; } = true;

    /// <summary>Processes text, including special tokens' texts. It may be split anywhere.</summary>
    /// <param name="text">The next text of the answer.</param>
    /// <param name="parts">Receives the parts that are complete.</param>
    public void Append(string text, List<OutputPart> parts)
    {
        _parts = parts;
        foreach (char character in text)
        {
            Take(character);
        }

        Flush();
    }

    /// <summary>Ends the answer and returns the text that was held back.</summary>
    /// <param name="parts">Receives the parts.</param>
    public void Finish(List<OutputPart> parts)
    {
        _parts = parts;
        End();
        if (!_skipsSpace)
        {
            _text.Append(_space);
        }

        _space.Clear();
        Flush();
    }

    /// <summary>Processes a character.</summary>
    protected abstract void Take(char character);

    /// <summary>Called at the end of the answer.</summary>
    protected abstract void End();

    /// <summary>Emits a character of the current section. White space is held back until another character follows.</summary>
    protected void Give(char character)
    {
        if (character is ' ' or '\n' or '\r' or '\t')
        {
            if (!_skipsSpace)
            {
                _space.Append(character);
            }

            return;
        }

        _text.Append(_space).Append(character);
        _space.Clear();
        _skipsSpace = false;
        IsBlank = false;
    }

    /// <summary>Emits text of the current section.</summary>
    protected void Give(ReadOnlySpan<char> text)
    {
        foreach (char character in text)
        {
            Give(character);
        }
    }

    /// <summary>Begins a section after a delimiter. White space on both sides of the delimiter is dropped.</summary>
    /// <param name="kind">The kind of section.</param>
    /// <param name="between">White space before the section's text.</param>
    protected void Begin(OutputPartKind kind, string between = "")
    {
        Flush();
        _space.Clear().Append(between);
        _skipsSpace = true;
        IsBlank = true;
        _kind = kind;
    }

    /// <summary>Emits a call.</summary>
    protected void Give(ToolCallText call)
    {
        Flush();
        _parts.Add(new OutputPart(OutputPartKind.ToolCall, string.Empty, FunctionCallContent.CreateFromParsedArguments(
            call.Arguments,
            CallId(call.Id),
            call.Name,
            static json => (IDictionary<string, object?>?)JsonSerializer.Deserialize(json, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))))));
    }

    private string CallId(string? written)
    {
        string id = written is not null && Settings.UsedCallIds?.Contains(written) != true ? written : NewCallId();
        while (!_callIds.Add(id))
        {
            id = NewCallId();
        }

        return id;
    }

    private string NewCallId() => Settings.NewCallId?.Invoke() ?? _format.CreateCallId();

    private void Flush()
    {
        if (_text.Length > 0)
        {
            _parts.Add(new OutputPart(_kind, _text.ToString()));
            _text.Clear();
        }
    }
}
