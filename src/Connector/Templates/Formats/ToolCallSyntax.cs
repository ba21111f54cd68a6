namespace CurKv.Connector.Templates.Formats;

/// <summary>A syntax of tool calls.</summary>
/// <param name="Open">The opening delimiter.</param>
/// <param name="CreateParser">Creates the parser for the text after the opening delimiter.</param>
internal sealed record ToolCallSyntax(string Open, Func<OutputParserSettings, ToolCallParser> CreateParser)
{
    /// <summary>Whether the delimiter is part of the call's text, as the bracket of a JSON object is.</summary>
    public bool IsPartOfCall { get; init; }

    /// <summary>Whether it opens a call only at the start of the answer: for delimiters that are ordinary text.</summary>
    public bool OnlyAtStart { get; init; }
}
