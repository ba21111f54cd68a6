using System.Globalization;
using System.Text;

namespace CurKv.Grammar.Gbnf;

/// <summary>A GBNF grammar under construction: named rules in the order in which they were added.</summary>
/// <remarks>
/// The text is pure ASCII, so it survives any marshalling: other characters are written as escapes. Not thread-safe.
/// An empty body is written as <c>""</c>, because llama.cpp would read on into the next rule.
/// </remarks>
internal sealed class GbnfBuilder
{
    private const string Root = "root";
    private const int LongestName = 64;
    private readonly Dictionary<string, string?> _bodies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _suffixes = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, string Body), string> _added = [];
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    /// <summary>The number of rules, the root left out.</summary>
    public int Count => _order.Count;

    /// <summary>Adds a rule.</summary>
    /// <param name="name">Its name; whatever is not an ASCII letter, digit or hyphen becomes a hyphen.</param>
    /// <param name="body">What stands right of <c>::=</c>.</param>
    /// <returns>The rule's name: made unique where another body has it already; the same name and body are the same rule.</returns>
    public string Add(string name, string body)
    {
        (string Name, string Body) wished = (Sanitise(name), body);
        if (!_added.TryGetValue(wished, out string? unique))
        {
            unique = Reserve(name);
            Define(unique, body);
            _added.Add(wished, unique);
        }

        return unique;
    }

    /// <summary>Adds a rule that a grammar has once, and that may refer to itself.</summary>
    /// <param name="name">The wished name, which says what the rule is.</param>
    /// <param name="body">Makes the body when the rule is wanted for the first time.</param>
    /// <returns>The rule's name.</returns>
    public string AddOnce(string name, Func<string> body)
    {
        if (!_shared.TryGetValue(name, out string? unique))
        {
            unique = Reserve(name);
            _shared.Add(name, unique);
            Define(unique, body());
        }

        return unique;
    }

    /// <summary>Takes a name for a rule whose body refers to itself, and is given later.</summary>
    /// <param name="name">The wished name.</param>
    /// <returns>The unique name; <see cref="Define"/> must follow before <see cref="Build"/>.</returns>
    public string Reserve(string name)
    {
        string sanitised = Sanitise(name);
        string unique = sanitised;
        while (unique == Root || _bodies.ContainsKey(unique))
        {
            int suffix = _suffixes.GetValueOrDefault(sanitised, 1) + 1;
            _suffixes[sanitised] = suffix;
            unique = string.Create(CultureInfo.InvariantCulture, $"{sanitised}-{suffix}");
        }

        _bodies.Add(unique, null);
        _order.Add(unique);
        return unique;
    }

    /// <summary>Gives a reserved rule its body.</summary>
    /// <param name="name">What <see cref="Reserve"/> returned.</param>
    /// <param name="body">What stands right of <c>::=</c>.</param>
    /// <exception cref="InvalidOperationException">The name was not reserved, or has a body.</exception>
    public void Define(string name, string body)
    {
        if (!_bodies.TryGetValue(name, out string? existing) || existing is not null)
        {
            throw new InvalidOperationException($"The rule '{name}' is not reserved, or has a body already.");
        }

        _bodies[name] = string.IsNullOrWhiteSpace(body) ? "\"\"" : body;
    }

    /// <summary>Gives a reserved name back that turned out to need no rule.</summary>
    /// <param name="name">What <see cref="Reserve"/> returned; no body may refer to it.</param>
    public void Withdraw(string name)
    {
        if (_bodies.TryGetValue(name, out string? body) && body is null)
        {
            _bodies.Remove(name);
            _order.Remove(name);
        }
    }

    /// <summary>Whether a rule of this name exists, be it only reserved.</summary>
    /// <param name="name">The name, as <see cref="Add"/> returned it.</param>
    public bool Contains(string name) => _bodies.ContainsKey(name);

    /// <summary>A GBNF literal that matches exactly this text.</summary>
    /// <param name="text">Any text; half a surrogate pair becomes U+FFFD.</param>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            AppendEscaped(literal, rune.Value, "\"\\");
        }

        return literal.Append('"').ToString();
    }

    /// <summary>Writes a code point as it stands in a literal or a character class.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="codePoint">The code point.</param>
    /// <param name="special">The characters that mean something there.</param>
    internal static void AppendEscaped(StringBuilder text, int codePoint, string special)
    {
        if (codePoint is >= 0x20 and < 0x7F)
        {
            char character = (char)codePoint;
            if (!special.Contains(character, StringComparison.Ordinal))
            {
                text.Append(character);
            }
            else if (character is '"' or '\\' or '[' or ']')
            {
                text.Append('\\').Append(character);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{codePoint:X2}");
            }

            return;
        }

        _ = codePoint switch
        {
            '\n' => text.Append("\\n"),
            '\r' => text.Append("\\r"),
            '\t' => text.Append("\\t"),
            <= 0xFF => text.Append(CultureInfo.InvariantCulture, $"\\x{codePoint:X2}"),
            <= 0xFFFF => text.Append(CultureInfo.InvariantCulture, $"\\u{codePoint:X4}"),
            _ => text.Append(CultureInfo.InvariantCulture, $"\\U{codePoint:X8}"),
        };
    }

    /// <summary>The grammar's text: the root first, then the rules in the order in which they were added.</summary>
    /// <param name="root">The root's body.</param>
    /// <exception cref="InvalidOperationException">A reserved rule has no body.</exception>
    public string Build(string root)
    {
        var text = new StringBuilder();
        AppendRule(text, Root, string.IsNullOrWhiteSpace(root) ? "\"\"" : root);
        foreach (string name in _order)
        {
            AppendRule(text, name, _bodies[name] ?? throw new InvalidOperationException($"The rule '{name}' has no body."));
        }

        return text.ToString();
    }

    private static void AppendRule(StringBuilder text, string name, string body) =>
        text.Append(name).Append(" ::= ").Append(body).Append('\n');

    private static string Sanitise(string name)
    {
        int length = Math.Min(name.Length, LongestName);
        if (length == 0)
        {
            return "rule";
        }

        return string.Create(length, name, static (characters, name) =>
        {
            for (int i = 0; i < characters.Length; i++)
            {
                characters[i] = char.IsAsciiLetterOrDigit(name[i]) ? name[i] : '-';
            }
        });
    }
}
