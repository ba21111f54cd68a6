using System.Globalization;
using System.Text.Json;
using CurKv.Grammar.Automata;
using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

// Values that are given: enum and const.
internal sealed partial class JsonSchemaCompiler
{
    private const int MaxLiterals = 16;
    private const int DeepestValue = 64;

    private string? CompileValues(IReadOnlyList<SchemaNode> nodes, JsonKinds kinds, string name)
    {
        List<SchemaNode> values = Values(nodes, kinds);
        if (values.Count == 0)
        {
            Contradict(nodes.First(node => node.Has("enum") || node.Has("const")), "enum", "holds no value that the other keywords allow");
            return null;
        }

        // Many strings as alternatives would cost llama.cpp as many stacks.
        var strings = values.Where(value => value.Element.ValueKind == JsonValueKind.String).Select(value => value.Text()).ToList();
        var expressions = new List<string>();
        if (strings.Count > MaxLiterals)
        {
            expressions.Add(AutomatonRules.Add(_grammar, name, Automaton.OfWords(strings), JsonRules.QuoteMark, JsonRules.QuoteMark));
            values = values.Where(value => value.Element.ValueKind != JsonValueKind.String).ToList();
        }

        expressions.AddRange(values.Select(value => JsonRules.Constant(_grammar, value.Element)).Distinct(StringComparer.Ordinal));
        bool isSymbol = expressions.Count > 1 || strings.Count > MaxLiterals;
        return isSymbol ? Union(name, expressions) : _grammar.Add(name, expressions[0]);
    }

    // The values of the first enum or const that all other keywords allow.
    private List<SchemaNode> Values(IReadOnlyList<SchemaNode> nodes, JsonKinds kinds)
    {
        List<SchemaNode>? values = null;
        foreach (IEnumerable<SchemaNode> list in nodes.SelectMany(Lists))
        {
            var given = list.ToList();
            List<SchemaNode>? previous = values;
            values = previous is null ? given : previous.Where(value => given.Any(other => JsonElement.DeepEquals(value.Element, other.Element))).ToList();
        }

        return values!.Where(value => (SchemaKeywords.KindOf(value.Element) & kinds) != 0 && Allows(nodes, value)).ToList();
    }

    private static IEnumerable<IEnumerable<SchemaNode>> Lists(SchemaNode node)
    {
        if (node.TryGet("enum", JsonValueKind.Array, out SchemaNode values))
        {
            yield return values.Items().Select(CheckDepth);
        }

        if (node.TryGet("const", out SchemaNode constant))
        {
            yield return [CheckDepth(constant)];
        }
    }

    private static SchemaNode CheckDepth(SchemaNode value)
    {
        // Reads on without recursion: a hostile value may be deeper than any stack.
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(value.Element.GetRawText()), new JsonReaderOptions { MaxDepth = DeepestValue });
        try
        {
            while (reader.Read())
            {
                _ = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? reader.GetString() : null;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new JsonSchemaException(
                "enum",
                value.Path,
                string.Create(CultureInfo.InvariantCulture, $"holds a value deeper than {DeepestValue} levels, or text that is not valid Unicode"),
                exception);
        }

        return value;
    }

    private bool Allows(IReadOnlyList<SchemaNode> nodes, SchemaNode value) => value.Element.ValueKind switch
    {
        JsonValueKind.String => AllowsText(nodes, value.Text()),
        JsonValueKind.Number => AllowsNumber(nodes, value.Element),
        JsonValueKind.Object => AllowsObject(nodes, value),
        JsonValueKind.Array => AllowsArray(nodes, value),
        _ => true,
    };

    private bool AllowsText(IReadOnlyList<SchemaNode> nodes, string text)
    {
        (long least, long? most) = StringLengths(nodes);
        int length = text.EnumerateRunes().Count();
        return length >= least && !(length > most) && (Once(_texts, nodes, () => StringAutomaton(nodes, (0, null)))?.Accepts(text) ?? true);
    }

    private bool AllowsNumber(IReadOnlyList<SchemaNode> nodes, JsonElement value)
    {
        string text = value.TryGetDecimal(out decimal number) ? number.ToString(CultureInfo.InvariantCulture) : value.GetRawText();
        return Once(_numbers, nodes, () => NumberAutomaton(nodes, Automaton.Everything, Automaton.MaxStates))!.Accepts(text);
    }

    // Values are many, the schemas that bind them few.
    private static Automaton? Once(Dictionary<string, Automaton?> known, IReadOnlyList<SchemaNode> nodes, Func<Automaton?> automaton)
    {
        string key = Key(nodes);
        if (!known.TryGetValue(key, out Automaton? found))
        {
            found = automaton();
            known.Add(key, found);
        }

        return found;
    }

    private bool AllowsObject(IReadOnlyList<SchemaNode> nodes, SchemaNode value)
    {
        IReadOnlyDictionary<string, SchemaNode> properties = value.Properties();
        return nodes.All(node =>
            Required(node).All(properties.ContainsKey) &&
            properties.Count >= (node.Count("minProperties") ?? 0) &&
            !(properties.Count > node.Count("maxProperties")) &&
            properties.All(property => SchemasOf(node, Declared(node), property.Key).All(schema => AllowsAny(schema, property.Value))));
    }

    private bool AllowsArray(IReadOnlyList<SchemaNode> nodes, SchemaNode value)
    {
        var items = value.Items().ToList();
        return nodes.All(node =>
        {
            IReadOnlyList<SchemaNode> tuple = Tuple(node);
            return items.Count >= (node.Count("minItems") ?? 0) &&
                !(items.Count > node.Count("maxItems")) &&
                items.Index().All(item => (item.Index < tuple.Count ? tuple[item.Index] : RestOf(node)) is not { } schema || AllowsAny(schema, item.Item));
        });
    }

    private bool AllowsAny(SchemaNode schema, SchemaNode value) => _expansion.Expand([schema]).Any(nodes =>
        nodes.All(node => SchemaKeywords.Types(node) is not { } types || (types & SchemaKeywords.KindOf(value.Element)) != 0) &&
        nodes.SelectMany(Lists).All(list => list.Any(other => JsonElement.DeepEquals(value.Element, other.Element))) &&
        Allows(nodes, value));

    private static IReadOnlyDictionary<string, SchemaNode> Declared(SchemaNode node) =>
        node.TryGet("properties", JsonValueKind.Object, out SchemaNode value) ? value.Properties() : new Dictionary<string, SchemaNode>();
}
