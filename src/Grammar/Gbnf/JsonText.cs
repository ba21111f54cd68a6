using System.Globalization;
using System.Text;
using CurKv.Grammar.Automata;

namespace CurKv.Grammar.Gbnf;

/// <summary>How characters stand in JSON strings, as models write them: escaped only where JSON demands it.</summary>
internal static class JsonText
{
    /// <summary>The characters below U+0020 and others that have an escape of two characters.</summary>
    private const string Escaped = "\"\\\b\f\n\r\t";
    private const string Letters = "\"\\bfnrt";

    private static readonly CodePointSet Controls = CodePointSet.Of((0, 0x1F));
    private static readonly CodePointSet Specials = Controls.Union(CodePointSet.OfCharacters("\"\\"));

    /// <summary>A string with its quotes.</summary>
    /// <param name="text">The string's characters.</param>
    public static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            json.Append(Escape(rune.Value));
        }

        return json.Append('"').ToString();
    }

    /// <summary>A code point as it stands within quotes.</summary>
    /// <param name="codePoint">The code point, no surrogate.</param>
    public static string Escape(int codePoint)
    {
        if (!Specials.Contains(codePoint))
        {
            return char.ConvertFromUtf32(codePoint);
        }

        int index = Escaped.IndexOf((char)codePoint, StringComparison.Ordinal);
        return index >= 0 ? "\\" + Letters[index] : string.Create(CultureInfo.InvariantCulture, $"\\u{codePoint:x4}");
    }

    /// <summary>GBNF for one character of a set, within quotes.</summary>
    /// <param name="grammar">Where a rule goes if one is needed.</param>
    /// <param name="characters">The set, not empty.</param>
    public static string Character(GbnfBuilder grammar, CodePointSet characters)
    {
        var options = new List<string>();
        CodePointSet plain = characters.Intersect(Specials.Complement());
        if (plain.Ranges.Count > 0)
        {
            options.Add(Class(plain));
        }

        string letters = string.Concat(Escaped.Zip(Letters).Where(pair => characters.Contains(pair.First)).Select(pair => pair.Second));
        if (letters.Length > 0)
        {
            options.Add($"\"\\\\\" {Class(CodePointSet.OfCharacters(letters))}");
        }

        if (characters.Intersect(Controls).Ranges is [(0, 0x1F)])
        {
            options.Add("\"\\\\u00\" [0-1] [0-9a-fA-F]");
        }
        else
        {
            options.AddRange(Enumerable.Range(0, 0x20)
                .Where(control => characters.Contains(control) && !Escaped.Contains((char)control, StringComparison.Ordinal))
                .Select(control => GbnfBuilder.Literal(Escape(control))));
        }

        return options is [var only] ? only : grammar.Add("character", string.Join(" | ", options));
    }

    /// <summary>A GBNF character class.</summary>
    /// <param name="characters">The characters.</param>
    public static string Class(CodePointSet characters)
    {
        const string special = "[]\\^-\"";
        var text = new StringBuilder("[");
        foreach ((int first, int last) in characters.Ranges)
        {
            GbnfBuilder.AppendEscaped(text, first, special);
            if (last > first)
            {
                text.Append('-');
                GbnfBuilder.AppendEscaped(text, last, special);
            }
        }

        return text.Append(']').ToString();
    }
}
