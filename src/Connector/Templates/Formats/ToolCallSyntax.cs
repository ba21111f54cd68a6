namespace CurKv.Connector.Templates.Formats;

/// <summary>A way in which a format writes calls.</summary>
/// <param name="Open">The delimiter that opens it.</param>
/// <param name="CreateParser">Makes what reads the text behind the delimiter.</param>
internal sealed record ToolCallSyntax(string Open, Func<OutputParserSettings, ToolCallParser> CreateParser)
{
    /// <summary>Whether the delimiter is part of the call's text, as the bracket of a JSON object is.</summary>
    public bool IsPartOfCall { get; init; }

    /// <summary>Whether it opens a call only where no text stands before it: for delimiters that are ordinary text.</summary>
    public bool OnlyAtStart { get; init; }
}
