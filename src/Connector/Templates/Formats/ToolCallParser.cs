using System.Text;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses the text after the opening delimiter of a tool call, character by character, and finds its end. For one call, or one list of calls.</summary>
internal abstract class ToolCallParser
{
    /// <summary>The text so far.</summary>
    protected StringBuilder Buffer { get; } = new();

    /// <summary>The text so far or, once the call is complete, the call's part of it.</summary>
    public virtual string Text => Buffer.ToString();

    /// <summary>Whether the text is certainly a call, rather than text that looks like the beginning of one.</summary>
    public virtual bool IsCall => true;

    /// <summary>All text up to <see cref="Rest"/>: <see cref="Text"/> and the closing delimiter after it.</summary>
    public string Consumed => Buffer.ToString(0, Buffer.Length - Rest.Length);

    /// <summary>The text after a complete call, or after text that is not a call; mostly empty.</summary>
    public string Rest { get; protected set; } = string.Empty;

    /// <summary>Processes a character.</summary>
    public abstract ToolCallProgress Append(char character);

    /// <summary>Called at the end of the answer.</summary>
    /// <returns>
    /// <see cref="ToolCallProgress.Complete"/> if the call is complete nonetheless, <see cref="ToolCallProgress.Incomplete"/> if it was cut
    /// off, <see cref="ToolCallProgress.NotACall"/> if it is not a call.
    /// </returns>
    public virtual ToolCallProgress Finish() => ToolCallProgress.Incomplete;

    /// <summary>The calls in <see cref="Text"/>; none if it names no tool.</summary>
    public virtual IReadOnlyList<ToolCallText> Calls() => ToolCallJson.Read(Text);
}
