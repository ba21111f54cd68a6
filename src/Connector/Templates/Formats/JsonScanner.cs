namespace CurKv.Connector.Templates.Formats;

/// <summary>Finds the end of a JSON object or array, character by character. Text before the first bracket is skipped.</summary>
internal struct JsonScanner
{
    private int _depth;
    private bool _escaped;

    /// <summary>Whether the first bracket was found.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the last bracket was found.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the position is within a string, where brackets and delimiters are ignored.</summary>
    public bool InString { get; private set; }

    /// <summary>Processes a character.</summary>
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

    /// <summary>The first complete JSON object or array in a text, from its first bracket on; null if there is none.</summary>
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
