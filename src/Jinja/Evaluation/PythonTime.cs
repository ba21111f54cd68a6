using System.Globalization;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Times as Python's <c>strftime</c> prints them, in the C locale.</summary>
internal static class PythonTime
{
    /// <summary>Prints a time.</summary>
    /// <param name="budget">Pays for it.</param>
    /// <param name="time">The time.</param>
    /// <param name="format">The format; a directive that is not known stays as it is.</param>
    public static JinjaString Format(JinjaBudget budget, DateTimeOffset time, string format)
    {
        JinjaStringBuilder result = new(budget);
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append([format[i]]);
                continue;
            }

            int start = i++;
            bool isUnpadded = format[i] == '-' && i + 1 < format.Length;
            i += isUnpadded ? 1 : 0;
            string? text = Directive(time, format[i]);
            result.Append(text is null ? format.AsSpan(start, i + 1 - start) : isUnpadded ? Unpadded(text) : text);
        }

        return result.ToJinjaString();
    }

    private static ReadOnlySpan<char> Unpadded(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().TrimStart("0 ");
        return trimmed.IsEmpty ? text.AsSpan(text.Length - 1) : trimmed;
    }

    private static string? Directive(DateTimeOffset time, char directive) => directive switch
    {
        'a' => Net(time, "ddd"),
        'A' => Net(time, "dddd"),
        'b' or 'h' => Net(time, "MMM"),
        'B' => Net(time, "MMMM"),
        'c' => $"{Net(time, "ddd MMM")} {time.Day,2} {Net(time, "HH:mm:ss yyyy")}",
        'C' => Number(time.Year / 100, 2),
        'd' => Number(time.Day, 2),
        'D' or 'x' => Net(time, "MM/dd/yy"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'f' => Net(time, "ffffff"),
        'F' => Net(time, "yyyy-MM-dd"),
        'G' => Number(ISOWeek.GetYear(time.DateTime), 4),
        'H' => Number(time.Hour, 2),
        'I' => Number(((time.Hour + 11) % 12) + 1, 2),
        'j' => Number(time.DayOfYear, 3),
        'm' => Number(time.Month, 2),
        'M' => Number(time.Minute, 2),
        'n' => "\n",
        'p' => time.Hour < 12 ? "AM" : "PM",
        'R' => Net(time, "HH:mm"),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'S' => Number(time.Second, 2),
        't' => "\t",
        'T' or 'X' => Net(time, "HH:mm:ss"),
        'u' => Number(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        'U' => Number((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2),
        'V' => Number(ISOWeek.GetWeekOfYear(time.DateTime), 2),
        'w' => Number((int)time.DayOfWeek, 1),
        'W' => Number((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7, 2),
        'y' => Number(time.Year % 100, 2),
        'Y' => Number(time.Year, 4),

        // Python's time here knows no zone.
        'z' or 'Z' => string.Empty,
        '%' => "%",
        _ => null,
    };

    private static string Net(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);

    private static string Number(int value, int digits) => value.ToString($"D{digits}", CultureInfo.InvariantCulture);
}
