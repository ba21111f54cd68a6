namespace CurKv.Connector.Templates.Formats;

/// <summary>How far the reading of a call is.</summary>
internal enum ToolCallProgress
{
    /// <summary>More has to come.</summary>
    Incomplete,

    /// <summary>The call is whole.</summary>
    Complete,

    /// <summary>It is no call: what was read is text.</summary>
    NotACall,
}
