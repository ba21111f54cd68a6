using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Divides one answer into text, reasoning and calls, while it is being generated. Not thread-safe.</summary>
/// <remarks>
/// The text may be cut anywhere: what is given out depends on the text alone. A delimiter that means something never leaks, and what only began
/// like one is given out once that is clear. A call is given out when it is whole. A call that the end of the answer cut is dropped: half of it would be
/// noise to the user, and the finish reason tells the caller. What stands between a call's delimiters and names no tool is given out as text, and the delimiters with it: an
/// answer may speak of them.
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
    /// <param name="format">The format, which knows how call ids look.</param>
    /// <param name="settings">The request's settings.</param>
    protected ModelOutputParser(ChatFormat format, OutputParserSettings settings)
    {
        _format = format;
        Settings = settings;
    }

    /// <summary>Whether a call has begun and is not whole yet.</summary>
    public abstract bool InToolCall { get; }

    /// <summary>Whether the model is reasoning.</summary>
    public abstract bool InReasoning { get; }

    /// <summary>
    /// Whether a call may begin here or has begun: a grammar's trigger counts only then. Not inside reasoning, which may speak of calls,
    /// nor behind text where calls have no delimiters of their own.
    /// </summary>
    public abstract bool AllowsToolCall { get; }

    /// <summary>The request's settings.</summary>
    protected OutputParserSettings Settings { get; }

    /// <summary>Whether nothing but white space stands in the present section so far.</summary>
    protected bool IsBlank { get; private set; } = true;

    /// <summary>Takes text as it comes, cut anywhere, the special tokens' texts with it.</summary>
    /// <param name="text">The next text of the answer.</param>
    /// <param name="parts">Where the parts go that are clear now.</param>
    public void Append(string text, List<OutputPart> parts)
    {
        _parts = parts;
        foreach (char character in text)
        {
            Take(character);
        }

        Flush();
    }

    /// <summary>Gives out what was held back. Nothing may follow.</summary>
    /// <param name="parts">Where the parts go.</param>
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

    /// <summary>Takes a character.</summary>
    protected abstract void Take(char character);

    /// <summary>The answer is over: nothing more will come.</summary>
    protected abstract void End();

    /// <summary>Gives out a character of the present section; white space waits until something follows.</summary>
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

    /// <summary>Gives out text of the present section.</summary>
    protected void Give(ReadOnlySpan<char> text)
    {
        foreach (char character in text)
        {
            Give(character);
        }
    }

    /// <summary>Begins a section behind a delimiter: white space on both sides of the delimiter is dropped.</summary>
    /// <param name="kind">What the section holds.</param>
    /// <param name="between">White space that goes before what the section holds.</param>
    protected void Begin(OutputPartKind kind, string between = "")
    {
        Flush();
        _space.Clear().Append(between);
        _skipsSpace = true;
        IsBlank = true;
        _kind = kind;
    }

    /// <summary>Gives out a call.</summary>
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
