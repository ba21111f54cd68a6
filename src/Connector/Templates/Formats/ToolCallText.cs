namespace CurKv.Connector.Templates.Formats;

/// <summary>A call as the model wrote it.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The text of its arguments: a JSON object, if the model wrote it correctly.</param>
/// <param name="Id">The id that the model gave it; null if there is none.</param>
internal readonly record struct ToolCallText(string Name, string Arguments, string? Id = null);
