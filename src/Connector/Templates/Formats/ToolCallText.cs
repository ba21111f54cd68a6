namespace CurKv.Connector.Templates.Formats;

/// <summary>A call as the answer wrote it.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The text of its arguments: a JSON object, if the model did it right.</param>
/// <param name="Id">The id that the model gave it; null where there is none.</param>
internal readonly record struct ToolCallText(string Name, string Arguments, string? Id = null);
