namespace CurKv.Connector.Templates.Formats;

/// <summary>The state of the parsing of a tool call.</summary>
internal enum ToolCallProgress
{
    /// <summary>More text is needed.</summary>
    Incomplete,

    /// <summary>The call is complete.</summary>
    Complete,

    /// <summary>It is not a call, but text.</summary>
    NotACall,
}
