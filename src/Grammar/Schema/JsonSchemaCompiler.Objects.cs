using System.Globalization;
using System.Text.Json;
using CurKv.Grammar.Automata;
using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

// Objects: members in the schema's order, optional ones in any subset, then additional ones.
internal sealed partial class JsonSchemaCompiler
{
    private const int MaxMemberStates = 20_000;

    private string? ObjectBody(IReadOnlyList<SchemaNode> nodes, string rule) => Members(nodes, rule)?.Write();

    private string? ObjectsBody(List<IReadOnlyList<SchemaNode>> alternatives, string rule)
    {
        // One of them need not be written, and so need not end.
        _optionalFrom = _open.Count;
        var objects = alternatives.Select(nodes => Members(nodes, rule)).OfType<ObjectMembers>().ToList();
        return objects switch
        {
            [] => null,
            [var only] => only.Write(),
            _ => ObjectAlternatives.Write(_grammar, rule, objects),
        };
    }

    // None where no object is allowed.
    private ObjectMembers? Members(IReadOnlyList<SchemaNode> nodes, string rule)
    {
        var declared = nodes.Select(Declared).ToList();
        var required = nodes.SelectMany(Required).ToHashSet(StringComparer.Ordinal);
        var names = declared.SelectMany(properties => properties.Keys).Concat(nodes.SelectMany(Required)).Distinct(StringComparer.Ordinal).ToList();
        Automaton? keys = KeyAutomaton(nodes);
        var members = new List<ObjectMember>();
        foreach (string name in names)
        {
            var schemas = nodes.SelectMany((node, i) => SchemasOf(node, declared[i], name)).ToList();
            string? value = keys is null || keys.Accepts(name) ? Compile(schemas, $"{rule}-{name}", required.Contains(name)) : null;
            if (value is not null)
            {
                members.Add(new ObjectMember(AddMember(rule, name, value), required.Contains(name)));
            }
            else if (required.Contains(name))
            {
                Contradict(nodes[^1], "required", $"demands '{name}', for which the schema allows no value");
                return null;
            }
        }

        long least = Largest(nodes.Select(node => node.Count("minProperties"))) ?? 0;
        long? most = Smallest(nodes.Select(node => node.Count("maxProperties")));
        bool isOpen = least > members.Count || nodes.Any(AllowsMore) || !nodes.Any(node => node.Has("properties"));
        string? additional = isOpen ? CompileAdditional(nodes, rule, names, keys) : null;
        var all = new ObjectMembers(_grammar, rule, members, additional, least, most);
        if (all.CanBeWritten && all.Count <= MaxMemberStates)
        {
            return all;
        }

        RefuseCounts(nodes, isTooLarge: all.CanBeWritten);
        return null;
    }

    private void RefuseCounts(IReadOnlyList<SchemaNode> nodes, bool isTooLarge)
    {
        string keyword = nodes.Any(node => node.Has("minProperties")) ? "minProperties" : "maxProperties";
        SchemaNode node = nodes.First(node => node.Has(keyword));
        if (isTooLarge)
        {
            throw node.Fail(
                keyword, string.Create(CultureInfo.InvariantCulture, $"takes a grammar of more than {MaxMemberStates} states; use a smaller count"));
        }

        Contradict(node, keyword, "leaves no object; the properties that are required or allowed do not fit it");
    }

    private string AddMember(string rule, string name, string value) =>
        Share($"{rule}-{name}-member", $"{GbnfBuilder.Literal(JsonText.Quote(name) + ":")} {JsonRules.Space(_grammar)} {value}");

    private string? CompileAdditional(IReadOnlyList<SchemaNode> nodes, string rule, List<string> names, Automaton? keys)
    {
        var schemas = nodes.Select(Additional).OfType<SchemaNode>().ToList();
        if (Compile(schemas, $"{rule}-additional", mandatory: false) is not { } value)
        {
            return null;
        }

        string key = JsonRules.String(_grammar);
        if (names.Count > 0 || keys is not null)
        {
            Automaton others = Automaton.OfWords(names).Complement();
            Automaton automaton = keys is null ? others : Intersect(nodes.First(node => node.Has("propertyNames")), "propertyNames", others, () => keys)!;
            if (automaton.IsEmpty)
            {
                return null;
            }

            key = AutomatonRules.Add(_grammar, $"{rule}-key", automaton, JsonRules.QuoteMark, JsonRules.QuoteMark);
        }

        return Share($"{rule}-additional-member", $"{key} \":\" {JsonRules.Space(_grammar)} {value}");
    }

    private Automaton? KeyAutomaton(IReadOnlyList<SchemaNode> nodes)
    {
        var schemas = nodes.Select(node => node.Find("propertyNames")).OfType<SchemaNode>().ToList();
        if (schemas.Count == 0)
        {
            return null;
        }

        IReadOnlyList<IReadOnlyList<SchemaNode>> alternatives = _expansion.Expand(schemas);
        if (alternatives is not [var all])
        {
            if (alternatives.Count == 0)
            {
                return new Automaton([]);
            }

            Refuse(schemas[0], "propertyNames", "has alternatives, which is not supported here; use pattern or enum");
            return null;
        }

        if (all.Any(node => node.Has("enum") || node.Has("const")))
        {
            return Automaton.OfWords(Values(all, JsonKinds.String).Select(value => value.Text()));
        }

        return StringAutomaton(all, StringLengths(all)) ?? (StringLengths(all) is (0, null) ? null : LengthAutomaton(all));
    }

    private Automaton? LengthAutomaton(IReadOnlyList<SchemaNode> nodes) => Bind(nodes, Automaton.Everything, StringLengths(nodes));

    private static IEnumerable<SchemaNode> SchemasOf(SchemaNode node, IReadOnlyDictionary<string, SchemaNode> declared, string name) =>
        declared.TryGetValue(name, out SchemaNode schema) ? [schema] : Additional(node) is { } additional ? [additional] : [];

    private static SchemaNode? Additional(SchemaNode node) => node.Find("additionalProperties");

    private static bool AllowsMore(SchemaNode node) => Additional(node) is { Element.ValueKind: not JsonValueKind.False };

    private static IEnumerable<string> Required(SchemaNode node) => node.TryGet("required", out SchemaNode required)
        ? required.Element.ValueKind switch
        {
            JsonValueKind.Array => required.Items().Select(item => item.Text()),
            JsonValueKind.True or JsonValueKind.False => [],
            var kind => throw node.Fail("required", $"must be an array of names, not {kind}"),
        }
        : [];
}
