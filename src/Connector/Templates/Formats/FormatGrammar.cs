using System.Text;
using System.Text.Json;
using CurKv.Grammar;
using CurKv.Grammar.Gbnf;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>The rules that the grammars of all formats share.</summary>
internal static class FormatGrammar
{
    private const string Gap = "\" \"?";

    /// <summary>Adds the rule of the white space between a call's parts: none, a space, or a line break with up to eight spaces.</summary>
    /// <returns>The rule's name.</returns>
    public static string Space(this GbnfBuilder grammar) => grammar.Add("call-space", "\" \"? | \"\\n\" [ ]{0,8}");

    /// <summary>Adds a rule that one of several bodies matches.</summary>
    /// <returns>The rule's name.</returns>
    public static string OneOf(this GbnfBuilder grammar, string name, IEnumerable<string> bodies) => grammar.Add(name, string.Join(" | ", bodies));

    /// <summary>The body of one call or, if several are allowed, of a list of calls with separators.</summary>
    /// <param name="call">The rule of a call.</param>
    /// <param name="multiple">Whether more than one is allowed.</param>
    /// <param name="between">The body of the separator between two calls.</param>
    public static string Repeat(string call, bool multiple, string between) => multiple ? $"{call} ({between} {call})*" : call;

    /// <summary>Adds a rule for text up to and including the first occurrence of a delimiter.</summary>
    /// <remarks>
    /// One rule for each state of the Aho–Corasick automaton (Communications of the ACM 18, 1975): the longest delimiter prefix at the end
    /// of the text so far. Every rule ends with the next one, so the grammar's stacks do not grow with the text.
    /// </remarks>
    /// <param name="grammar">The grammar.</param>
    /// <param name="name">The rule's name.</param>
    /// <param name="delimiters">The delimiters. The first one in the text ends it.</param>
    /// <param name="without">Delimiters that the text must not contain.</param>
    /// <returns>The rule's name.</returns>
    public static string Until(this GbnfBuilder grammar, string name, IReadOnlyList<string> delimiters, params IReadOnlyList<string> without)
    {
        string[] all = [.. delimiters, .. without];
        Rune[] runes = [.. all.SelectMany(delimiter => delimiter.EnumerateRunes()).Distinct()];
        Dictionary<string, string> states = [];
        foreach (string start in all.SelectMany(Starts).Distinct())
        {
            states.Add(start, grammar.Reserve(states.Count == 0 ? name : $"{name}-{states.Count}"));
        }

        foreach ((string start, string rule) in states)
        {
            List<string> moves = [];
            List<Rune> named = [];
            foreach (Rune next in runes)
            {
                string text = start + next;
                bool ends = delimiters.Any(delimiter => text.EndsWith(delimiter, StringComparison.Ordinal));
                bool isForbidden = without.Any(delimiter => text.EndsWith(delimiter, StringComparison.Ordinal));
                string reached = Reached(text, states.Keys);
                if (ends || isForbidden || reached.Length > 0)
                {
                    named.Add(next);
                }

                if (ends)
                {
                    moves.Add(GbnfBuilder.Literal(next.ToString()));
                }
                else if (!isForbidden && reached.Length > 0)
                {
                    moves.Add($"{GbnfBuilder.Literal(next.ToString())} {states[reached]}");
                }
            }

            moves.Add($"{AllBut(named)} {states[string.Empty]}");
            grammar.Define(rule, string.Join(" | ", moves));
        }

        return states[string.Empty];
    }

    /// <summary>Adds the rule of a tool's arguments: a JSON object that obeys its schema.</summary>
    /// <returns>The rule's name.</returns>
    public static string Arguments(this GbnfBuilder grammar, AIFunctionDeclaration tool, Action<string>? relaxed)
    {
        JsonElement schema = tool.JsonSchema;
        if (schema.ValueKind != JsonValueKind.Object || !schema.EnumerateObject().Any())
        {
            return JsonSchemaGrammar.AddAnyObject(grammar);
        }

        return TakesNothing(schema)
            ? grammar.Add("no-arguments", "\"{}\"")
            : JsonSchemaGrammar.Add(grammar, $"{tool.Name}-arguments", schema, strict: false, relaxed);
    }

    /// <summary>Adds the rule of a call that is a JSON object with a name and arguments.</summary>
    /// <param name="grammar">The grammar.</param>
    /// <param name="constraint">The request.</param>
    /// <param name="tool">The tool.</param>
    /// <param name="nameKey">The key of the name.</param>
    /// <param name="argumentsKey">The key of the arguments.</param>
    /// <param name="before">The body of members before these, with their commas.</param>
    /// <param name="behind">The body of members after these, with their commas.</param>
    /// <param name="indented">Whether the family uses line breaks and indentation; otherwise there are only spaces after colons and commas.</param>
    /// <returns>The rule's name.</returns>
    public static string JsonCall(
        this GbnfBuilder grammar, OutputConstraint constraint, AIFunctionDeclaration tool, string nameKey, string argumentsKey, string before = "", string behind = "", bool indented = false)
    {
        string space = indented ? grammar.Space() : Gap;
        string edge = indented ? space : string.Empty;
        string name = GbnfBuilder.Literal(ModelJson.Write(tool.Name));
        string[] parts = ["\"{\"", edge, before, Member(nameKey), name, "\",\"", space, Member(argumentsKey), grammar.Arguments(tool, constraint.Relaxed), behind, edge, "\"}\""];
        return grammar.Add($"{tool.Name}-call", string.Join(' ', parts.Where(part => part.Length > 0)));
    }

    /// <summary>Adds the rule of any allowed tool's call that is a JSON object.</summary>
    /// <returns>The rule's name.</returns>
    public static string JsonCalls(this GbnfBuilder grammar, OutputConstraint constraint, string nameKey, string argumentsKey, string before = "", string behind = "", bool indented = false) =>
        grammar.OneOf("call", constraint.Tools.Select(tool => grammar.JsonCall(constraint, tool, nameKey, argumentsKey, before, behind, indented)));

    /// <summary>The body of a JSON array of calls.</summary>
    public static string JsonArray(this GbnfBuilder grammar, string call, bool multiple)
    {
        string space = grammar.Space();
        return $"\"[\" {space} {Repeat(call, multiple, $"{space} \",\" {space}")} {space} \"]\"";
    }

    /// <summary>The body of a JSON object's key, its colon, and the space after it.</summary>
    public static string Member(string key) => $"{GbnfBuilder.Literal($"\"{key}\":")} {Gap}";

    /// <summary>The body of a comma and the space after it.</summary>
    public static string Comma { get; } = $"\",\" {Gap}";

    // The proper prefixes of a delimiter.
    private static IEnumerable<string> Starts(string delimiter)
    {
        int length = 0;
        foreach (Rune rune in delimiter.EnumerateRunes())
        {
            yield return delimiter[..length];
            length += rune.Utf16SequenceLength;
        }
    }

    // The longest delimiter prefix at the end of a text.
    private static string Reached(string text, IEnumerable<string> starts) =>
        starts.Where(start => text.EndsWith(start, StringComparison.Ordinal)).MaxBy(start => start.Length)!;

    private static string AllBut(List<Rune> runes)
    {
        var set = new StringBuilder("[^");
        foreach (Rune rune in runes)
        {
            GbnfBuilder.AppendEscaped(set, rune.Value, "\\]^-[");
        }

        return set.Append(']').ToString();
    }

    // An object schema without properties. An empty schema is different: it allows any object.
    private static bool TakesNothing(JsonElement schema) =>
        !schema.EnumerateObject().Any(keyword => keyword.Name is "$ref" or "allOf" or "anyOf" or "oneOf" or "enum" or "const" or "patternProperties")
        && (!schema.TryGetProperty("properties", out JsonElement properties) || (properties.ValueKind == JsonValueKind.Object && !properties.EnumerateObject().Any()))
        && (!schema.TryGetProperty("additionalProperties", out JsonElement additional) || additional.ValueKind == JsonValueKind.False);
}
