using System.Collections.Frozen;
using CurKv.Grammar.Automata;

namespace CurKv.Grammar.Schema;

/// <summary>The formats of strings that are regular, as automata: RFC 3339 dates and times, UUIDs, addresses.</summary>
/// <remarks>
/// They are at least as strict as the RFCs and as .NET's own parsers: no year 0, no 30 February, 29 February in leap years alone, no leap seconds,
/// fractions of up to seven digits. E-mail addresses, host names and URIs are the usual ones, not all that the RFCs allow.
/// </remarks>
internal static class StringFormats
{
    private const string Year = "(000[1-9]|00[1-9]\\d|0[1-9]\\d\\d|[1-9]\\d{3})";
    private const string LeapYear = "(\\d\\d(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)";

    private const string Date =
        $"({Year}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8]))|{LeapYear}-02-29)";

    private const string Clock = "([01]\\d|2[0-3]):[0-5]\\d";
    private const string Time = $"({Clock}:[0-5]\\d(\\.\\d{{1,7}})?(Z|[+-](0\\d|1[0-3]):[0-5]\\d))";
    private const string Label = "[A-Za-z0-9]+(-[A-Za-z0-9]+)*";
    private const string HostName = $"({Label}(\\.{Label}){{0,3}})";
    private const string Byte = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private const string Group = "[0-9A-Fa-f]{1,4}";

    private const string Address6 =
        $"(({Group}:){{7}}{Group}|({Group}:){{1,7}}:|({Group}:){{1,6}}:{Group}|({Group}:){{1,5}}(:{Group}){{2}}|({Group}:){{1,4}}(:{Group}){{3}}" +
        $"|({Group}:){{1,3}}(:{Group}){{4}}|({Group}:){{1,2}}(:{Group}){{5}}|{Group}:(:{Group}){{6}}|:(:{Group}){{1,7}}|::)";

    private const string UriCharacter = "([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})";

    private static readonly FrozenDictionary<string, Lazy<Automaton>> Automata = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date}T{Time}",
        ["duration"] = "P(\\d{1,4}W|\\d{1,4}Y(\\d{1,4}M(\\d{1,4}D)?)?|\\d{1,4}M(\\d{1,4}D)?|\\d{1,4}D|" +
            "(\\d{1,4}Y)?(\\d{1,4}M)?(\\d{1,4}D)?T(\\d{1,4}H(\\d{1,4}M(\\d{1,4}S)?)?|\\d{1,4}M(\\d{1,4}S)?|\\d{1,4}S))",
        ["uuid"] = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        ["email"] = $"[A-Za-z0-9_+-]+(\\.[A-Za-z0-9_+-]+)*@{Label}(\\.{Label}){{1,3}}",
        ["hostname"] = HostName,
        ["ipv4"] = $"{Byte}(\\.{Byte}){{3}}",
        ["ipv6"] = Address6,
        ["uri"] = $"[A-Za-z][A-Za-z0-9+.-]*://{HostName}(:\\d{{1,4}})?(/{UriCharacter}*)?(\\?({UriCharacter}|\\?)*)?(#({UriCharacter}|\\?)*)?",
        ["json-pointer"] = "(/([^~/]|~[01])*)*",
    }.ToFrozenDictionary(pair => pair.Key, pair => new Lazy<Automaton>(() => Automaton.OfPattern($"^({pair.Value})$")));

    /// <summary>Whether a format is known; an unknown one says nothing.</summary>
    /// <param name="format">The format's name, as in JSON Schema.</param>
    public static bool Knows(string format) => Automata.ContainsKey(format);

    /// <summary>The texts of a format, computed once for all schemas.</summary>
    /// <param name="format">The format's name, as in JSON Schema.</param>
    /// <returns>An automaton; <see langword="null"/> where the format is unknown.</returns>
    public static Automaton? Find(string format) => Automata.GetValueOrDefault(format)?.Value;
}
