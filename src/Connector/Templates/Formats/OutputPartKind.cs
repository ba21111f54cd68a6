namespace CurKv.Connector.Templates.Formats;

/// <summary>What a part of an answer is.</summary>
internal enum OutputPartKind
{
    /// <summary>Text for the user.</summary>
    Text,

    /// <summary>What the model thinks before it answers.</summary>
    Reasoning,

    /// <summary>A whole call of a tool.</summary>
    ToolCall,
}
