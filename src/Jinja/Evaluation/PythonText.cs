using System.Globalization;
using System.Text;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Text as Python has it, where .NET's differs.</summary>
internal static class PythonText
{
    /// <summary>Whether <c>str.isspace</c> holds for a character.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    /// <summary>How many white-space characters, or characters of a set, a text begins with.</summary>
    public static int CountStart(ReadOnlySpan<char> text, string? characters)
    {
        int count = 0;
        while (count < text.Length && IsStripped(text[count], characters))
        {
            count++;
        }

        return count;
    }

    /// <summary>How many white-space characters, or characters of a set, a text ends with.</summary>
    public static int CountEnd(ReadOnlySpan<char> text, string? characters)
    {
        int count = 0;
        while (count < text.Length && IsStripped(text[^(count + 1)], characters))
        {
            count++;
        }

        return count;
    }

    /// <summary>A float as <c>repr</c> prints it.</summary>
    public static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        string sign = double.IsNegative(value) ? "-" : string.Empty;
        if (value == 0)
        {
            return sign + "0.0";
        }

        // The shortest digits that read back as the same number, and the power of ten of the first one.
        (string digits, int exponent) = Decompose(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        if (exponent is >= 0 and < 16)
        {
            string padded = digits.PadRight(exponent + 2, '0');
            return $"{sign}{padded[..(exponent + 1)]}.{padded[(exponent + 1)..]}";
        }

        if (exponent is < 0 and >= -4)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        string fraction = digits.Length > 1 ? $".{digits[1..]}" : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    /// <summary>A string's literal as <c>repr</c> prints it.</summary>
    public static void AppendRepresentation(JinjaStringBuilder builder, JinjaString text)
    {
        char quote = text.Text.Contains('\'', StringComparison.Ordinal) && !text.Text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        builder.Append([quote]);
        int start = 0;
        for (int i = 0; i < text.Text.Length; i++)
        {
            if (Escape(text.Text, i, quote) is { } escape)
            {
                builder.Append(text, start, i - start);
                builder.Append(escape, text.OriginAt(i));
                start = i + 1;
            }
        }

        builder.Append(text, start, text.Text.Length - start);
        builder.Append([quote]);
    }

    /// <summary>The text with every word's first letter in upper case, all else in lower case: <c>str.title</c>.</summary>
    public static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        bool isInWord = false;
        foreach (char character in text)
        {
            result.Append(isInWord ? char.ToLowerInvariant(character) : char.ToUpperInvariant(character));
            isInWord = char.IsLetter(character);
        }

        return result.ToString();
    }

    /// <summary>The text with its first letter in upper case, all else in lower case.</summary>
    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    private static bool IsStripped(char character, string? characters) => characters is null ? IsSpace(character) : characters.Contains(character, StringComparison.Ordinal);

    private static (string Digits, int Exponent) Decompose(string number)
    {
        int mark = number.IndexOf('E', StringComparison.Ordinal);
        string plain = mark < 0 ? number : number[..mark];
        int point = plain.IndexOf('.', StringComparison.Ordinal);
        string all = plain.Replace(".", string.Empty, StringComparison.Ordinal);
        int first = all.AsSpan().IndexOfAnyExcept('0');
        int power = mark < 0 ? 0 : int.Parse(number.AsSpan(mark + 1), CultureInfo.InvariantCulture);
        return (all[first..].TrimEnd('0'), (point < 0 ? plain.Length : point) - 1 - first + power);
    }

    private static string? Escape(string text, int index, char quote)
    {
        char character = text[index];
        return character switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\\' => "\\\\",
            _ when character == quote => $"\\{quote}",
            _ when character is < ' ' or (>= '\x7f' and <= '\xa0') or '\xad' => $"\\x{(int)character:x2}",
            _ when character > '\xff' && !char.IsSurrogate(character) && !IsPrintable(character) => $"\\u{(int)character:x4}",
            _ => null,
        };
    }

    private static bool IsPrintable(char character) => char.GetUnicodeCategory(character) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
