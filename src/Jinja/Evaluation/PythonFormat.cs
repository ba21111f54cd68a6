using System.Globalization;
using System.Numerics;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Python's two ways of formatting: <c>'%s' % value</c> and <c>'{}'.format(value)</c>.</summary>
internal static class PythonFormat
{
    /// <summary>Formats as printf does.</summary>
    /// <param name="run">The rendering.</param>
    /// <param name="format">The format.</param>
    /// <param name="values">The values, in order.</param>
    /// <param name="named">The values of <c>%(name)s</c>.</param>
    /// <exception cref="JinjaException">A directive is not known, or there are too few or too many values.</exception>
    public static JinjaString Percent(JinjaInterpreter run, JinjaString format, IReadOnlyList<JinjaValue> values, JinjaDict? named)
    {
        run.Budget.Scan(format.Text.Length);
        JinjaStringBuilder result = new(run.Budget);
        string text = format.Text;
        int used = 0;
        int start = 0;
        for (int at; (at = text.IndexOf('%', start)) >= 0;)
        {
            result.Append(format, start, at - start);
            int i = at + 1;
            JinjaValue? value = null;
            if (i < text.Length && text[i] == '(')
            {
                int close = text.IndexOf(')', i);
                value = close < 0 ? null : named?.Get(run.Budget, new JinjaString(text[(i + 1)..close])) ?? throw new JinjaException("The format names a value that is not given.");
                i = close + 1;
            }

            int end = i;
            while (end < text.Length && !char.IsLetter(text[end]) && text[end] != '%')
            {
                end++;
            }

            char conversion = end < text.Length ? text[end] : throw new JinjaException("The format ends within a directive.");
            start = end + 1;
            if (conversion == '%')
            {
                result.Append("%");
                continue;
            }

            value ??= used < values.Count ? values[used++] : throw new JinjaException("There are too few values for the format.");
            Append(run, result, value, FormatSpecification.Percent(text[i..end], conversion));
        }

        if (used < values.Count && named is null)
        {
            throw new JinjaException("There are too many values for the format.");
        }

        result.Append(format, start, text.Length - start);
        return result.ToJinjaString();
    }

    /// <summary>Formats as <c>str.format</c> does. Fields are numbers and names only: nothing is looked up within a value.</summary>
    /// <exception cref="JinjaException">A field is not known, or is not closed.</exception>
    public static JinjaString Braces(JinjaInterpreter run, JinjaString format, JinjaArguments arguments)
    {
        run.Budget.Scan(format.Text.Length);
        JinjaStringBuilder result = new(run.Budget);
        string text = format.Text;
        int next = 0;
        int start = 0;
        for (int at; (at = text.AsSpan(start).IndexOfAny('{', '}')) >= 0;)
        {
            at += start;
            result.Append(format, start, at - start);
            if (at + 1 < text.Length && text[at + 1] == text[at])
            {
                result.Append(format, at, 1);
                start = at + 2;
                continue;
            }

            int end = text[at] == '{' ? text.IndexOf('}', at) : -1;
            if (end < 0)
            {
                throw new JinjaException("A bracket of the format is single.");
            }

            string field = text[(at + 1)..end];
            int colon = field.IndexOf(':', StringComparison.Ordinal);
            JinjaValue value = Field(colon < 0 ? field : field[..colon], arguments, ref next);
            Append(run, result, value, FormatSpecification.Braces(colon < 0 ? string.Empty : field[(colon + 1)..]));
            start = end + 1;
        }

        result.Append(format, start, text.Length - start);
        return result.ToJinjaString();
    }

    private static JinjaValue Field(string name, JinjaArguments arguments, ref int next)
    {
        int index = name.Length == 0 ? next++ : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
        return index < 0
            ? arguments.Named.GetValueOrDefault(name) ?? throw new JinjaException($"The format's field '{name}' is not given.")
            : index < arguments.Positional.Count ? arguments.Positional[index] : throw new JinjaException("There are too few values for the format.");
    }

    private static void Append(JinjaInterpreter run, JinjaStringBuilder result, JinjaValue value, FormatSpecification given)
    {
        // Commas make a number of it.
        FormatSpecification specification = given is { IsGrouped: true, Type: 's' } && value is JinjaInteger ? given with { Type = 'd' } : given;
        JinjaString text = Convert(run, value, specification);
        if (specification.Precision is { } precision && specification.Type is 's' or 'r' && text.Text.Length > precision)
        {
            text = text.Slice(run.Budget, 0, JinjaSlices.Offset(run.Budget, text, precision));
        }

        int padding = Math.Max(specification.Width - JinjaSlices.Length(run.Budget, text), 0);
        run.Budget.Characters(0, (long)result.Length + padding);
        char alignment = specification.Alignment is '\0' ? JinjaNumbers.IsNumber(value) ? '>' : '<' : specification.Alignment;
        int sign = alignment == '=' && text.Text is ['-' or '+', ..] ? 1 : 0;
        int left = alignment switch { '<' => 0, '^' => padding / 2, _ => padding };
        result.Append(text, 0, sign);
        result.Append(new string(specification.Fill, left));
        result.Append(text, sign, text.Text.Length - sign);
        result.Append(new string(specification.Fill, padding - left));
    }

    private static JinjaString Convert(JinjaInterpreter run, JinjaValue value, FormatSpecification specification)
    {
        switch (specification.Type)
        {
            case 's':
                return run.Text(value);
            case 'r':
                JinjaStringBuilder builder = new(run.Budget);
                JinjaPrinter.Represent(run.Budget, builder, value);
                return builder.ToJinjaString();
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'b':
                BigInteger integer = value is JinjaFloat real ? new BigInteger(real.Value) : JinjaNumbers.ToInteger(value);
                return Signed(integer.Sign < 0, Digits(BigInteger.Abs(integer), specification.Type), specification);
            default:
                double number = JinjaNumbers.IsNumber(value) ? JinjaNumbers.ToDouble(value) : throw new JinjaException($"A '{value.TypeName}' is not a number: '%{specification.Type}' needs one.");
                return Signed(number < 0, Digits(Math.Abs(number), specification), specification);
        }
    }

    private static JinjaString Signed(bool isNegative, string digits, FormatSpecification specification)
    {
        string grouped = specification.IsGrouped ? Group(digits) : digits;
        return new JinjaString(isNegative ? "-" + grouped : specification.HasPlus ? "+" + grouped : grouped);
    }

    private static string Group(string digits)
    {
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? digits : digits[..point];
        return BigInteger.Parse(whole, CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture) + digits[whole.Length..];
    }

    private static string Digits(BigInteger value, char type) => type switch
    {
        'x' => Trimmed(value.ToString("x", CultureInfo.InvariantCulture)),
        'X' => Trimmed(value.ToString("X", CultureInfo.InvariantCulture)),
        'b' => Trimmed(value.ToString("b", CultureInfo.InvariantCulture)),
        'o' => Octal(value),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private static string Trimmed(string digits) => digits.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0";

    private static string Octal(BigInteger value)
    {
        string digits = string.Empty;
        for (; !value.IsZero; value >>= 3)
        {
            digits = (char)('0' + (int)(value & 7)) + digits;
        }

        return digits.Length == 0 ? "0" : digits;
    }

    private static string Digits(double value, FormatSpecification specification)
    {
        int precision = specification.Precision ?? 6;
        switch (specification.Type)
        {
            case 'f' or 'F':
                return value.ToString($"F{precision}", CultureInfo.InvariantCulture);
            case '%':
                return (value * 100).ToString($"F{precision}", CultureInfo.InvariantCulture) + "%";
            case 'e' or 'E':
                string fraction = precision == 0 ? string.Empty : "." + new string('0', precision);
                return value.ToString($"0{fraction}{specification.Type}+00", CultureInfo.InvariantCulture);
            default:
                throw new JinjaException($"The format's conversion '{specification.Type}' is not supported.");
        }
    }
}
