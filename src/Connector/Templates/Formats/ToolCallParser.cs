using System.Text;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Reads what stands behind the opening delimiter of a call, character by character, and knows where it ends. For one call, or one list of calls.</summary>
internal abstract class ToolCallParser
{
    /// <summary>What is read so far.</summary>
    protected StringBuilder Buffer { get; } = new();

    /// <summary>What is read so far, or what of it belongs to the call once that is whole.</summary>
    public virtual string Text => Buffer.ToString();

    /// <summary>Whether what is read is a call for certain, rather than text that looks like the beginning of one.</summary>
    public virtual bool IsCall => true;

    /// <summary>All that is read up to <see cref="Rest"/>: <see cref="Text"/> and a closing delimiter behind it.</summary>
    public string Consumed => Buffer.ToString(0, Buffer.Length - Rest.Length);

    /// <summary>What was read beyond the call, once that is whole, or beyond what is no call; mostly empty.</summary>
    public string Rest { get; protected set; } = string.Empty;

    /// <summary>Takes a character.</summary>
    public abstract ToolCallProgress Append(char character);

    /// <summary>The answer ended here.</summary>
    /// <returns>
    /// <see cref="ToolCallProgress.Complete"/> if the call is whole nonetheless, <see cref="ToolCallProgress.Incomplete"/> if it was cut,
    /// <see cref="ToolCallProgress.NotACall"/> if it was none.
    /// </returns>
    public virtual ToolCallProgress Finish() => ToolCallProgress.Incomplete;

    /// <summary>The calls in <see cref="Text"/>; none where it names no tool.</summary>
    public virtual IReadOnlyList<ToolCallText> Calls() => ToolCallJson.Read(Text);
}
