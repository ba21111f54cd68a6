namespace CurKv.Connector.Templates.Formats;

/// <summary>A way in which a format writes calls.</summary>
/// <param name="Open">The mark that opens it.</param>
/// <param name="CreateReader">Makes what reads the text behind the mark.</param>
internal sealed record CallSection(string Open, Func<AnswerParserSettings, CallReader> CreateReader)
{
    /// <summary>Whether the mark is part of the call's text, as the bracket of a JSON object is.</summary>
    public bool IsPartOfCall { get; init; }

    /// <summary>Whether it opens a call only where no text stands before it: for marks that are ordinary text.</summary>
    public bool OnlyAtStart { get; init; }
}
