namespace CurKv.Connector.Templates.Formats;

/// <summary>The kind of a part of an answer.</summary>
internal enum OutputPartKind
{
    /// <summary>Text for the user.</summary>
    Text,

    /// <summary>The model's reasoning before its answer.</summary>
    Reasoning,

    /// <summary>A complete tool call.</summary>
    ToolCall,
}
