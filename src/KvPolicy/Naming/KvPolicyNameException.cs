namespace CurKv.KvPolicy.Naming;

/// <summary>A name that <see cref="KvPolicyCatalog"/> cannot make a policy of; the message points at the character.</summary>
/// <remarks>
/// The message has three lines: what is wrong and the fix, the name, and a caret below the character. As with the exceptions of
/// regular expressions it is the argument that is wrong, so this is an <see cref="ArgumentException"/>.
/// </remarks>
public sealed class KvPolicyNameException : ArgumentException
{
    // What is shown of a long name on either side of the character.
    private const int Context = 60;

    internal KvPolicyNameException(string text, int position, string problem, string? fix = null, Exception? innerException = null)
        : base($"{problem} (character {position + 1}).{(fix is null ? string.Empty : $" {fix}")}\n{Excerpt(text, position)}", innerException)
    {
        Text = text;
        Position = position;
    }

    /// <summary>The whole name that was read.</summary>
    public string Text { get; }

    /// <summary>Where in <see cref="Text"/> the problem is, from 0; the text's length where something is missing at its end.</summary>
    public int Position { get; }

    private static string Excerpt(string text, int position)
    {
        int start = Math.Max(position - Context, 0);
        int end = Math.Min(position + Context, text.Length);
        string before = start > 0 ? "…" : string.Empty;
        string after = end < text.Length ? "…" : string.Empty;

        // Tabs and line ends would part the caret from its character.
        char[] line = [.. text[start..end].Select(character => char.IsControl(character) ? ' ' : character)];
        return $"{before}{new string(line)}{after}\n{new string(' ', before.Length + position - start)}^";
    }
}
