using System.Text.Json;

namespace CurKv.Connector.Grammar;

/// <summary>Compiles one schema into rules. Not thread-safe: one instance for each schema.</summary>
/// <remarks>
/// Schemas that all hold for a value are compiled together (<see cref="SchemaExpansion"/> finds them), so keywords next to <c>$ref</c>, <c>allOf</c> and
/// <c>anyOf</c> bind as well. An expression is one GBNF symbol, a rule's name or a literal; none (<see langword="null"/>) where no value is allowed.
/// Only objects and arrays recur, and both begin with a character of their own: no rule is left-recursive.
/// </remarks>
internal sealed partial class JsonSchemaCompiler
{
    private const int DeepestNesting = 128;
    private const int MostRules = 50_000;

    private readonly GbnfBuilder grammar;
    private readonly SchemaNode root;
    private readonly bool strict;
    private readonly Action<string>? relaxed;
    private readonly SchemaExpansion expansion;
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> containers = new(StringComparer.Ordinal);
    private readonly List<string> open = [];
    private readonly int rulesBefore;
    private JsonSchemaNotSupportedException? contradiction;
    private int optionalFrom;
    private int depth;

    /// <summary>Prepares to compile a schema.</summary>
    /// <param name="grammar">Where rules go.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="strict">Whether a keyword that cannot be enforced is an error.</param>
    /// <param name="relaxed">Gets a line for each keyword that is left out.</param>
    public JsonSchemaCompiler(GbnfBuilder grammar, JsonElement schema, bool strict, Action<string>? relaxed)
    {
        this.grammar = grammar;
        this.strict = strict;
        this.relaxed = relaxed;
        root = new SchemaNode(schema, "#");
        expansion = new SchemaExpansion(schema);
        rulesBefore = grammar.Count;
    }

    /// <summary>Adds the rules of the whole schema.</summary>
    /// <param name="name">The wished name.</param>
    /// <returns>The rule's name.</returns>
    /// <exception cref="JsonSchemaNotSupportedException">The schema is wrong, allows no value, or cannot be enforced.</exception>
    public string Compile(string name)
    {
        var expression = Compile([root], name, mandatory: true)
            ?? throw contradiction ?? root.Fail("schema", "allows no value at all; remove what contradicts itself");
        return grammar.Contains(expression) ? expression : grammar.Add(name, expression);
    }

    private string? Compile(IReadOnlyList<SchemaNode> nodes, string name, bool mandatory)
    {
        var node = nodes.Count > 0 ? nodes[^1] : root;
        if (depth >= DeepestNesting || grammar.Count - rulesBefore > MostRules)
        {
            throw node.Fail("schema", depth >= DeepestNesting
                ? $"nests more than {DeepestNesting} levels deep; make it flatter"
                : $"needs more than {MostRules} rules; make it smaller");
        }

        var alternatives = expansion.Expand(nodes);
        if (alternatives.Count == 0)
        {
            Contradict(node, "schema", "allows no value at all; remove what contradicts itself");
        }

        var outerOptional = optionalFrom;
        optionalFrom = mandatory && alternatives.Count == 1 ? optionalFrom : open.Count;
        depth++;
        var expressions = alternatives.Select(alternative => CompileAlternative(alternative, name)).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        depth--;
        optionalFrom = outerOptional;
        return Union(name, expressions);
    }

    private string? CompileAlternative(IReadOnlyList<SchemaNode> nodes, string name)
    {
        foreach (var node in nodes)
        {
            foreach (var (keyword, fix) in SchemaKeywords.FindUnsupported(node))
            {
                Refuse(node, keyword, $"cannot be enforced by a grammar; {fix}");
            }
        }

        var types = nodes.Select(SchemaKeywords.Types).OfType<JsonKinds>().ToList();
        var kinds = types.Aggregate(JsonKinds.All, (all, kind) => all & kind);
        if (nodes.Any(node => node.Has("enum") || node.Has("const")))
        {
            return CompileValues(nodes, kinds, name);
        }

        kinds = types.Count > 0 ? kinds : SchemaKeywords.Infer(nodes);
        if (kinds == JsonKinds.All && SchemaKeywords.Infer(nodes) == JsonKinds.All)
        {
            return JsonRules.Value(grammar);
        }

        if (kinds == JsonKinds.None)
        {
            Contradict(nodes[^1], "type", "leaves no kind of value; remove one of the types that exclude each other");
        }

        return Union(name, CompileKinds(nodes, kinds, name));
    }

    private List<string> CompileKinds(IReadOnlyList<SchemaNode> nodes, JsonKinds kinds, string name)
    {
        (JsonKinds Kind, Func<string?> Compile)[] all =
        [
            (JsonKinds.Object, () => CompileContainer(nodes, name, "object", ObjectBody)),
            (JsonKinds.Array, () => CompileContainer(nodes, name, "array", ArrayBody)),
            (JsonKinds.String, () => CompileString(nodes, name)),
            (JsonKinds.Number, () => CompileNumber(nodes, isInteger: !kinds.HasFlag(JsonKinds.Fraction), name)),
            (JsonKinds.Boolean, () => JsonRules.Boolean(grammar)),
            (JsonKinds.Null, () => JsonRules.Null),
        ];
        return [.. all.Where(entry => (kinds & entry.Kind) != 0).Select(entry => entry.Compile()).OfType<string>()];
    }

    // Objects and arrays are compiled once for the same schemas, and may hold themselves.
    private string? CompileContainer(IReadOnlyList<SchemaNode> nodes, string name, string kind, Func<IReadOnlyList<SchemaNode>, string, string?> body)
    {
        var key = kind + string.Concat(nodes.Select(node => " " + node.Path));
        if (containers.TryGetValue(key, out var known))
        {
            if (open.IndexOf(key) is var index && index >= optionalFrom)
            {
                Contradict(nodes[^1], "required", "asks for the schema itself within it, without end; make the property optional or nullable");
                return null;
            }

            return known;
        }

        var rule = grammar.Reserve(name);
        containers.Add(key, rule);
        open.Add(key);
        var text = body(nodes, rule);
        open.RemoveAt(open.Count - 1);
        if (text is null)
        {
            grammar.Withdraw(rule);
            containers[key] = null;
            return null;
        }

        grammar.Define(rule, text);
        return rule;
    }

    private string? Union(string name, IReadOnlyList<string> expressions) => expressions switch
    {
        [] => null,
        [var only] => only,
        _ => grammar.Add(name, string.Join(" | ", expressions)),
    };

    // Strict: an error. Otherwise the keyword is left out, and one line says so.
    private void Refuse(SchemaNode node, string keyword, string reason, Exception? cause = null)
    {
        var refusal = new JsonSchemaNotSupportedException(keyword, node.Path, reason, cause);
        if (strict)
        {
            throw refusal;
        }

        if (reported.Add($"{keyword} {node.Path}"))
        {
            relaxed?.Invoke(refusal.Message);
        }
    }

    // The first contradiction found says why a schema allows nothing.
    private void Contradict(SchemaNode node, string keyword, string reason) => contradiction ??= node.Fail(keyword, reason);

    private static long? Largest(IEnumerable<long?> counts) => counts.Max();

    private static long? Smallest(IEnumerable<long?> counts) => counts.Min();
}
