namespace CurKv.Jinja;

/// <summary>A chat template that cannot be parsed or rendered, that goes beyond a limit, or that refuses a conversation (<c>raise_exception</c>).</summary>
internal sealed class JinjaException : Exception
{
    /// <summary>An error whose place the interpreter adds.</summary>
    public JinjaException(string what)
        : base(what) => What = what;

    private JinjaException(string what, int line, int column, bool raised)
        : base($"{what} (line {line}, column {column} of the chat template)") => (What, Line, Column, IsRaisedByTemplate) = (what, line, column, raised);

    /// <summary>What is wrong, without the place.</summary>
    public string What { get; }

    /// <summary>Whether the template itself said so, through <c>raise_exception</c>: <see cref="What"/> is its message.</summary>
    public bool IsRaisedByTemplate { get; init; }

    /// <summary>The line in the template, from one on; zero where the place is not known.</summary>
    public int Line { get; }

    /// <summary>The column in the line, from one on; zero where the place is not known.</summary>
    public int Column { get; }

    /// <summary>The same error with its place in the template's source.</summary>
    /// <param name="source">The template's source.</param>
    /// <param name="position">An offset into it.</param>
    public JinjaException At(string source, int position)
    {
        if (Line > 0)
        {
            return this;
        }

        ReadOnlySpan<char> before = source.AsSpan(0, Math.Min(position, source.Length));
        return new JinjaException(What, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'), IsRaisedByTemplate);
    }
}
