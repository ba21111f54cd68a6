using System.Globalization;

namespace CurKv.Grammar.Schema;

/// <summary>Patterns of the decimal numbers on one side of a bound.</summary>
/// <remarks>They say nothing on how many digits there are: that is another pattern's task, which is intersected with these.</remarks>
internal static class DecimalBound
{
    private const string Fraction = "(\\.[0-9]+)?";
    private const string Unsigned = "[0-9]+" + Fraction;

    /// <summary>A pattern of the numbers not below, or above, a bound.</summary>
    /// <param name="bound">The bound.</param>
    /// <param name="exclusive">Whether the bound itself is left out.</param>
    public static string AtLeast(decimal bound, bool exclusive) => bound switch
    {
        < 0 => $"^({Unsigned}|-({MagnitudeAtMost(-bound, exclusive)}))$",
        _ => $"^({MagnitudeAtLeast(bound, exclusive)})$",
    };

    /// <summary>A pattern of the numbers not above, or below, a bound.</summary>
    /// <param name="bound">The bound.</param>
    /// <param name="exclusive">Whether the bound itself is left out.</param>
    public static string AtMost(decimal bound, bool exclusive) => bound switch
    {
        < 0 => $"^-({MagnitudeAtLeast(-bound, exclusive)})$",
        0 when exclusive => $"^-({MagnitudeAtLeast(0, exclusive)})$",
        _ => $"^(-{Unsigned}|{MagnitudeAtMost(bound, exclusive)})$",
    };

    private static string MagnitudeAtLeast(decimal bound, bool exclusive)
    {
        (string whole, string fraction) = Split(bound);
        var options = new List<string> { $"[1-9][0-9]{{{whole.Length},}}{Fraction}" };
        for (int i = 0; i < whole.Length; i++)
        {
            if (whole[i] < '9')
            {
                options.Add($"{whole[..i]}[{(char)(whole[i] + 1)}-9][0-9]{{{whole.Length - i - 1}}}{Fraction}");
            }
        }

        options.Add(whole + FractionAtLeast(fraction, exclusive));
        return string.Join('|', options);
    }

    private static string FractionAtLeast(string fraction, bool exclusive)
    {
        if (fraction.Length == 0)
        {
            return exclusive ? "\\.[0-9]*[1-9][0-9]*" : Fraction;
        }

        var options = new List<string>();
        for (int i = 0; i < fraction.Length; i++)
        {
            if (fraction[i] < '9')
            {
                options.Add($"{fraction[..i]}[{(char)(fraction[i] + 1)}-9][0-9]*");
            }
        }

        options.Add(fraction + (exclusive ? "[0-9]*[1-9][0-9]*" : "[0-9]*"));
        return $"\\.({string.Join('|', options)})";
    }

    private static string MagnitudeAtMost(decimal bound, bool exclusive)
    {
        (string whole, string fraction) = Split(bound);
        var options = new List<string>();
        if (whole.Length > 1)
        {
            options.Add($"[0-9]{{1,{whole.Length - 1}}}{Fraction}");
        }

        for (int i = 0; i < whole.Length; i++)
        {
            if (whole[i] > '0')
            {
                options.Add($"{whole[..i]}[0-{(char)(whole[i] - 1)}][0-9]{{{whole.Length - i - 1}}}{Fraction}");
            }
        }

        if (FractionAtMost(fraction, exclusive) is { } last)
        {
            options.Add(whole + last);
        }

        return string.Join('|', options);
    }

    private static string? FractionAtMost(string fraction, bool exclusive)
    {
        if (fraction.Length == 0)
        {
            return exclusive ? null : "(\\.0+)?";
        }

        var options = new List<string>();
        for (int i = 0; i < fraction.Length; i++)
        {
            if (fraction[i] > '0')
            {
                options.Add($"{fraction[..i]}[0-{(char)(fraction[i] - 1)}][0-9]*");
            }

            // The digits so far are less than the bound, whose last digit is not zero.
            if (i > 0)
            {
                options.Add(fraction[..i]);
            }
        }

        if (!exclusive)
        {
            options.Add(fraction + "0*");
        }

        return $"(\\.({string.Join('|', options)}))?";
    }

    private static (string Whole, string Fraction) Split(decimal bound)
    {
        string[] parts = bound.ToString(CultureInfo.InvariantCulture).Split('.');
        return (parts[0], parts.Length > 1 ? parts[1].TrimEnd('0') : string.Empty);
    }
}
