namespace CurKv.Connector.Templates.Formats;

/// <summary>Finds the end of a JSON object or array whose text comes character by character. What stands before the first bracket is passed over.</summary>
internal struct JsonScanner
{
    private int _depth;
    private bool _escaped;

    /// <summary>Whether the first bracket has come.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the last bracket has come.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the text is inside a string, where brackets and delimiters mean nothing.</summary>
    public bool InString { get; private set; }

    /// <summary>Takes a character.</summary>
    public void Append(char character)
    {
        if (IsComplete)
        {
            return;
        }

        if (InString)
        {
            InString = _escaped || character != '"';
            _escaped = !_escaped && character == '\\';
            return;
        }

        switch (character)
        {
            case '{' or '[':
                HasBegun = true;
                _depth++;
                break;
            case '}' or ']' when HasBegun:
                IsComplete = --_depth == 0;
                break;
            case '"' when HasBegun:
                InString = true;
                break;
        }
    }

    /// <summary>The first whole JSON object or array in a text, from its first bracket on; null where there is none.</summary>
    public static string? First(string text)
    {
        var scanner = new JsonScanner();
        int start = -1;
        for (int i = 0; i < text.Length; i++)
        {
            scanner.Append(text[i]);
            start = start < 0 && scanner.HasBegun ? i : start;
            if (scanner.IsComplete)
            {
                return text[start..(i + 1)];
            }
        }

        return null;
    }
}
