using System.Text.Json;

namespace CurKv.Grammar.Gbnf;

/// <summary>The rules of JSON itself.</summary>
/// <remarks>
/// Compact, but as models write: one space may stand behind a colon or a comma, and no other white space, so that no model writes blanks without end.
/// Numbers have at most 16 digits on each side of the point, and exponents two; strings are as long as they like.
/// </remarks>
internal static class JsonRules
{
    /// <summary>A quote, as a GBNF literal.</summary>
    public const string QuoteMark = "\"\\\"\"";

    /// <summary>Numbers in digits alone, as a pattern.</summary>
    public const string DecimalPattern = "^-?(0|[1-9][0-9]{0,15})(\\.[0-9]{1,16})?$";

    /// <summary>Whole numbers, as a pattern.</summary>
    public const string IntegerPattern = "^(0|-?[1-9][0-9]{0,15})$";

    /// <summary>Any value.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Value(GbnfBuilder grammar) => grammar.AddOnce("value", () =>
        $"{Object(grammar)} | {Array(grammar)} | {String(grammar)} | {Number(grammar)} | {Boolean(grammar)} | {Null}");

    /// <summary>Any object.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Object(GbnfBuilder grammar) => grammar.AddOnce("object", () =>
    {
        string member = grammar.AddOnce("member", () => $"{String(grammar)} \":\" {Space(grammar)} {Value(grammar)}");
        return $"\"{{\" ({member} (\",\" {Space(grammar)} {member})*)? \"}}\"";
    });

    /// <summary>Any array.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Array(GbnfBuilder grammar) => grammar.AddOnce("array", () =>
        $"\"[\" ({Value(grammar)} (\",\" {Space(grammar)} {Value(grammar)})*)? \"]\"");

    /// <summary>Any string.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string String(GbnfBuilder grammar) => grammar.AddOnce("string", () => $"{QuoteMark} {Character(grammar)}* {QuoteMark}");

    /// <summary>One character of a string, escaped or not; a pair of escaped surrogates is one.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Character(GbnfBuilder grammar) => grammar.AddOnce("char", () =>
        "[^\"\\\\\\x00-\\x1F\\x7F] | \"\\\\\" ([\"\\\\/bfnrt] | " +
        "\"u\" ([0-9a-cA-Ce-fE-F] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2} | [dD] [89abAB] [0-9a-fA-F]{2} \"\\\\u\" [dD] [c-fC-F] [0-9a-fA-F]{2}))");

    /// <summary>Any number.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Number(GbnfBuilder grammar) => grammar.AddOnce("number", () =>
        "\"-\"? (\"0\" | [1-9] [0-9]{0,15}) (\".\" [0-9]{1,16})? ([eE] [-+]? [0-9] [0-9]?)?");

    /// <summary>Any whole number.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Integer(GbnfBuilder grammar) => grammar.AddOnce("integer", () => "\"0\" | \"-\"? [1-9] [0-9]{0,15}");

    /// <summary>True or false.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Boolean(GbnfBuilder grammar) => grammar.AddOnce("boolean", () => "\"true\" | \"false\"");

    /// <summary>The null value.</summary>
    public static string Null => "\"null\"";

    /// <summary>What may stand behind a colon or a comma.</summary>
    /// <param name="grammar">Where the rule goes.</param>
    public static string Space(GbnfBuilder grammar) => grammar.AddOnce("space", () => "\" \"?");

    /// <summary>A value that is given, as GBNF.</summary>
    /// <param name="grammar">Where rules go.</param>
    /// <param name="value">The value, of a depth that recursion bears.</param>
    public static string Constant(GbnfBuilder grammar, JsonElement value)
    {
        string separator = $" \",\" {Space(grammar)} ";
        return value.ValueKind switch
        {
            JsonValueKind.Object => Enclose("{", "}", value.EnumerateObject().Select(property =>
                $"{GbnfBuilder.Literal(JsonText.Quote(property.Name) + ":")} {Space(grammar)} {Constant(grammar, property.Value)}")),
            JsonValueKind.Array => Enclose("[", "]", value.EnumerateArray().Select(item => Constant(grammar, item))),
            JsonValueKind.String => GbnfBuilder.Literal(JsonText.Quote(value.GetString()!)),
            _ => GbnfBuilder.Literal(value.GetRawText()),
        };

        string Enclose(string open, string close, IEnumerable<string> parts) =>
            string.Join(' ', new[] { $"\"{open}\"", string.Join(separator, parts), $"\"{close}\"" }.Where(part => part.Length > 0));
    }
}
