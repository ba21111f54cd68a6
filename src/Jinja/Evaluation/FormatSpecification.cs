using System.Globalization;

namespace CurKv.Jinja.Evaluation;

/// <summary>How one value is to be formatted.</summary>
internal sealed record FormatSpecification
{
    // A precision beyond any that a float has; keeps .NET's formatting short.
    private const int MaxPrecision = 1000;

    /// <summary>The conversion: <c>s</c>, <c>d</c>, <c>f</c> and so on.</summary>
    public char Type { get; init; } = 's';

    /// <summary>How many characters there are at least.</summary>
    public int Width { get; private init; }

    /// <summary>How many digits follow the point, or how long a string may be; null where it is not said.</summary>
    public int? Precision { get; private init; }

    /// <summary>What pads it.</summary>
    public char Fill { get; private init; } = ' ';

    /// <summary>On which side it stands: <c>&lt;</c>, <c>&gt;</c>, <c>^</c>, or <c>=</c>: padded behind the sign; zero where it is not said.</summary>
    public char Alignment { get; private init; }

    /// <summary>Whether a positive number shows its sign.</summary>
    public bool HasPlus { get; private init; }

    /// <summary>Whether commas divide thousands.</summary>
    public bool IsGrouped { get; private init; }

    /// <summary>Reads what stands between <c>%</c> and the conversion.</summary>
    public static FormatSpecification Percent(string text, char conversion)
    {
        string flags = text[..(text.Length - text.AsSpan().TrimStart("-+ #0").Length)];
        (int width, int? precision) = Sizes(text[flags.Length..]);
        bool isLeft = flags.Contains('-', StringComparison.Ordinal);
        bool isZero = !isLeft && flags.Contains('0', StringComparison.Ordinal) && conversion is not ('s' or 'r');
        return new FormatSpecification
        {
            Type = conversion,
            Width = width,
            Precision = precision,
            Alignment = isLeft ? '<' : isZero ? '=' : '>',
            Fill = isZero ? '0' : ' ',
            HasPlus = flags.Contains('+', StringComparison.Ordinal),
        };
    }

    /// <summary>Reads what stands behind a field's colon.</summary>
    public static FormatSpecification Braces(string text)
    {
        char fill = text is [_, '<' or '>' or '^' or '=', ..] ? text[0] : ' ';
        string rest = fill == ' ' && text is not [' ', '<' or '>' or '^' or '=', ..] ? text : text[1..];
        char alignment = rest is ['<' or '>' or '^' or '=', ..] ? rest[0] : '\0';
        rest = alignment == '\0' ? rest : rest[1..];
        bool hasPlus = rest.StartsWith('+');
        rest = hasPlus ? rest[1..] : rest;
        bool isZero = alignment == '\0' && rest.StartsWith('0');
        char type = rest is [.., var last] && (char.IsLetter(last) || last == '%') ? last : 's';
        rest = rest.TrimEnd(type);
        (int width, int? precision) = Sizes(rest.Replace(",", string.Empty, StringComparison.Ordinal));
        return new FormatSpecification
        {
            Type = type,
            Width = width,
            Precision = precision,
            Alignment = isZero ? '=' : alignment,
            Fill = isZero ? '0' : fill,
            HasPlus = hasPlus,
            IsGrouped = rest.Contains(',', StringComparison.Ordinal),
        };
    }

    private static (int Width, int? Precision) Sizes(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        int width = Number(point < 0 ? text : text[..point]);
        int? precision = point < 0 ? null : Number(text[(point + 1)..]);
        return precision > MaxPrecision ? throw new JinjaException($"A format's precision goes beyond {MaxPrecision}.") : (width, precision);
    }

    private static int Number(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new JinjaException("A format cannot be read.");
}
