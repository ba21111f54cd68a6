using System.Runtime.CompilerServices;
using System.Text.Json;
using CurKv.Grammar.Automata;
using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

/// <summary>Compiles one schema into rules. Not thread-safe: one instance for each schema.</summary>
/// <remarks>
/// Schemas that all hold for a value are compiled together (<see cref="SchemaExpansion"/> finds them), so keywords next to <c>$ref</c>, <c>allOf</c> and
/// <c>anyOf</c> bind as well. An expression is one GBNF symbol, a rule's name or a literal; none (<see langword="null"/>) where no value is allowed.
/// Only objects and arrays recur, and both begin with a character of their own: no rule is left-recursive.
/// </remarks>
internal sealed partial class JsonSchemaCompiler
{
    private const int DeepestNesting = 128;
    private const int MaxRules = 50_000;

    private readonly GbnfBuilder _grammar;
    private readonly SchemaNode _root;
    private readonly bool _strict;
    private readonly Action<string>? _relaxed;
    private readonly SchemaExpansion _expansion;
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Automaton?> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Automaton?> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _open = [];
    private readonly int _rulesBefore;
    private JsonSchemaException? _contradiction;
    private int _optionalFrom;
    private int _depth;

    /// <summary>Prepares to compile a schema.</summary>
    /// <param name="grammar">Where rules go.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="strict">Whether a keyword that cannot be enforced is an error.</param>
    /// <param name="relaxed">Gets a line for each keyword that is left out.</param>
    public JsonSchemaCompiler(GbnfBuilder grammar, JsonElement schema, bool strict, Action<string>? relaxed)
    {
        _grammar = grammar;
        _strict = strict;
        _relaxed = relaxed;
        _root = new SchemaNode(schema, "#");
        _expansion = new SchemaExpansion(schema);
        _rulesBefore = _grammar.Count;
    }

    /// <summary>Adds the rules of the whole schema.</summary>
    /// <param name="name">The wished name.</param>
    /// <returns>The rule's name.</returns>
    /// <exception cref="JsonSchemaException">The schema is wrong, allows no value, or cannot be enforced.</exception>
    public string Compile(string name)
    {
        string expression = Compile([_root], name, mandatory: true)
            ?? throw _contradiction ?? _root.Fail("schema", "allows no value at all; remove what contradicts itself");
        return _grammar.Contains(expression) ? expression : _grammar.Add(name, expression);
    }

    private string? Compile(List<SchemaNode> nodes, string name, bool mandatory)
    {
        SchemaNode node = nodes.Count > 0 ? nodes[^1] : _root;
        bool isTooDeep = _depth >= DeepestNesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack();
        if (isTooDeep || _grammar.Count - _rulesBefore > MaxRules)
        {
            throw node.Fail("schema", isTooDeep
                ? $"nests more than {DeepestNesting} levels deep; make it flatter"
                : $"needs more than {MaxRules} rules; make it smaller");
        }

        IReadOnlyList<IReadOnlyList<SchemaNode>> alternatives = _expansion.Expand(nodes);
        (int outerOptional, JsonSchemaException? outerContradiction) = (_optionalFrom, _contradiction);
        _optionalFrom = mandatory && alternatives.Count == 1 ? _optionalFrom : _open.Count;
        _depth++;
        List<IReadOnlyList<SchemaNode>> objects = alternatives.Count > 1 ? [.. alternatives.Where(MayBeObject)] : [];
        objects = objects.Count > 1 ? objects : [];
        var expressions = alternatives
            .Select(alternative => CompileAlternative(alternative, name, withObject: !objects.Contains(alternative)))
            .Append(objects.Count > 1 ? CompileObjects(objects, name) : null)
            .OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        _depth--;
        _optionalFrom = outerOptional;
        if (!mandatory)
        {
            // What may be missing contradicts nothing.
            _contradiction = outerContradiction;
        }
        else if (alternatives.Count == 0)
        {
            Contradict(node, "schema", "allows no value at all; remove what contradicts itself");
        }

        return Union(name, expressions);
    }

    private string? CompileAlternative(IReadOnlyList<SchemaNode> nodes, string name, bool withObject)
    {
        foreach (SchemaNode node in nodes)
        {
            foreach ((string keyword, string fix) in SchemaKeywords.FindUnsupported(node))
            {
                Refuse(node, keyword, $"cannot be enforced by a grammar; {fix}");
            }
        }

        JsonKinds kinds = Types(nodes) ?? JsonKinds.All;
        if (HasValues(nodes))
        {
            return CompileValues(nodes, kinds, name);
        }

        if (IsAny(nodes))
        {
            return JsonRules.Value(_grammar);
        }

        kinds = Types(nodes) ?? SchemaKeywords.Infer(nodes);
        if (kinds == JsonKinds.None)
        {
            Contradict(nodes[^1], "type", "leaves no kind of value; remove one of the types that exclude each other");
        }

        return Union(name, CompileKinds(nodes, withObject ? kinds : kinds & ~JsonKinds.Object, name));
    }

    private static bool HasValues(IReadOnlyList<SchemaNode> nodes) => nodes.Any(node => node.Has("enum") || node.Has("const"));

    private static bool IsAny(IReadOnlyList<SchemaNode> nodes) =>
        (Types(nodes) ?? JsonKinds.All) == JsonKinds.All && SchemaKeywords.Infer(nodes) == JsonKinds.All;

    private static bool MayBeObject(IReadOnlyList<SchemaNode> nodes) =>
        !HasValues(nodes) && !IsAny(nodes) && (Types(nodes) ?? SchemaKeywords.Infer(nodes)).HasFlag(JsonKinds.Object);

    // The kinds that all types allow; none where there are no types.
    private static JsonKinds? Types(IReadOnlyList<SchemaNode> nodes)
    {
        var types = nodes.Select(SchemaKeywords.Types).OfType<JsonKinds>().ToList();
        return types.Count > 0 ? types.Aggregate(JsonKinds.All, (all, kind) => all & kind) : null;
    }

    private List<string> CompileKinds(IReadOnlyList<SchemaNode> nodes, JsonKinds kinds, string name)
    {
        (JsonKinds Kind, Func<string?> Compile)[] all =
        [
            (JsonKinds.Object, () => CompileContainer(nodes, name, "object", ObjectBody)),
            (JsonKinds.Array, () => CompileContainer(nodes, name, "array", ArrayBody)),
            (JsonKinds.String, () => CompileString(nodes, name)),
            (JsonKinds.Number, () => CompileNumber(nodes, isInteger: !kinds.HasFlag(JsonKinds.Fraction), name)),
            (JsonKinds.Boolean, () => JsonRules.Boolean(_grammar)),
            (JsonKinds.Null, () => JsonRules.Null),
        ];
        return [.. all.Where(entry => (kinds & entry.Kind) != 0).Select(entry => entry.Compile()).OfType<string>()];
    }

    // Objects and arrays are compiled once for the same schemas, and may hold themselves.
    private string? CompileContainer(IReadOnlyList<SchemaNode> nodes, string name, string kind, Func<IReadOnlyList<SchemaNode>, string, string?> body)
    {
        return CompileOnce(kind + Key(nodes), nodes[^1], name, rule => body(nodes, rule));
    }

    private string? CompileObjects(List<IReadOnlyList<SchemaNode>> alternatives, string name) => CompileOnce(
        "object" + string.Join(" |", alternatives.Select(Key)), alternatives[0][^1], name, rule => ObjectsBody(alternatives, rule));

    private static string Key(IReadOnlyList<SchemaNode> nodes) => string.Concat(nodes.Select(node => " " + node.Path));

    private string? CompileOnce(string key, SchemaNode node, string name, Func<string, string?> body)
    {
        if (_containers.TryGetValue(key, out string? known))
        {
            if (_open.IndexOf(key) is var index && index >= _optionalFrom)
            {
                Contradict(node, "required", "asks for the schema itself within it, without end; make the property optional or nullable");
                return null;
            }

            return known;
        }

        string rule = _grammar.Reserve(name);
        _containers.Add(key, rule);
        _open.Add(key);
        string? text = body(rule);
        _open.RemoveAt(_open.Count - 1);
        if (text is null)
        {
            _grammar.Withdraw(rule);
            _containers[key] = null;
            return null;
        }

        _grammar.Define(rule, text);
        return rule;
    }

    private string? Union(string name, IReadOnlyList<string> expressions) => expressions switch
    {
        [] => null,
        [var only] => only,
        _ => Share(name, string.Join(" | ", expressions)),
    };

    // The same text is the same rule, whatever its name would be: what begins alike is then seen to.
    private string Share(string name, string body)
    {
        if (!_shared.TryGetValue(body, out string? rule))
        {
            rule = _grammar.Add(name, body);
            _shared.Add(body, rule);
        }

        return rule;
    }

    // Strict: an error. Otherwise the keyword is left out, and one line says so.
    private void Refuse(SchemaNode node, string keyword, string reason, Exception? cause = null)
    {
        var refusal = new JsonSchemaException(keyword, node.Path, reason, cause);
        if (_strict)
        {
            throw refusal;
        }

        if (_reported.Add($"{keyword} {node.Path}"))
        {
            _relaxed?.Invoke(refusal.Message);
        }
    }

    // The first contradiction found says why a schema allows nothing.
    private void Contradict(SchemaNode node, string keyword, string reason) => _contradiction ??= node.Fail(keyword, reason);

    private static long? Largest(IEnumerable<long?> counts) => counts.Max();

    private static long? Smallest(IEnumerable<long?> counts) => counts.Min();
}
