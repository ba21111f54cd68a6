using System.Globalization;
using System.Text.Json;
using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

// Arrays: items with places of their own, then as many as the counts allow.
internal sealed partial class JsonSchemaCompiler
{
    private const long MaxItems = 100_000;

    private string? ArrayBody(IReadOnlyList<SchemaNode> nodes, string rule)
    {
        long least = Largest(nodes.Select(node => node.Count("minItems"))) ?? 0;
        long? most = Smallest(nodes.Select(node => node.Count("maxItems")));
        CheckReachable(nodes, "minItems", least, MaxItems);

        var tuples = nodes.Select(Tuple).ToList();
        int places = tuples.Max(tuple => tuple.Count);
        var items = new List<string>();
        for (int i = 0; i < places && !(items.Count >= most); i++)
        {
            var schemas = nodes.Select((node, n) => i < tuples[n].Count ? tuples[n][i] : RestOf(node)).OfType<SchemaNode>().ToList();
            if (Compile(schemas, string.Create(CultureInfo.InvariantCulture, $"{rule}-{i}"), i < least) is not { } item)
            {
                most = i;
                break;
            }

            items.Add(item);
        }

        string? further = most > items.Count || most is null ? CompileFurther(nodes, rule, items.Count, least) : null;
        most = further is null ? Math.Min(most ?? items.Count, items.Count) : most;
        if (most < least)
        {
            Contradict(nodes[^1], "minItems", "leaves no array; the items that are allowed are fewer");
            return null;
        }

        return WriteItems(rule, items, further, least, most);
    }

    private string? CompileFurther(IReadOnlyList<SchemaNode> nodes, string rule, int places, long least)
    {
        var schemas = nodes.Select(RestOf).OfType<SchemaNode>().ToList();
        bool isOpen = schemas.Count > 0 || places == 0 || least > places;
        return isOpen ? Compile(schemas, $"{rule}-item", least > places) : null;
    }

    // From the end: what may follow the items of each place.
    private string WriteItems(string rule, List<string> items, string? further, long least, long? most)
    {
        string comma = $"\",\" {JsonRules.Space(_grammar)}";
        string rest = string.Empty;
        if (further is not null && items.Count == 0)
        {
            if (most == 0)
            {
                return "\"[\" \"]\"";
            }

            items = [further];
        }

        if (further is not null && !(most <= items.Count))
        {
            string next = _grammar.Add($"{rule}-next", $"{comma} {further}");
            rest = GbnfRepetition.Of(_grammar, next, Math.Max(0, least - items.Count), most - items.Count);
        }

        for (int i = items.Count - 1; i >= 0; i--)
        {
            string text = i == 0 ? $"{items[i]} {rest}".TrimEnd() : $"{comma} {items[i]} {rest}".TrimEnd();
            rest = i >= least ? _grammar.Add($"{rule}-items", text) + "?" : i == 0 ? text : _grammar.Add($"{rule}-items", text);
        }

        return $"\"[\" {rest} \"]\"";
    }

    private static IReadOnlyList<SchemaNode> Tuple(SchemaNode node)
    {
        if (node.TryGet("prefixItems", JsonValueKind.Array, out SchemaNode prefix))
        {
            return [.. prefix.Items()];
        }

        return node.TryGet("items", out SchemaNode items) && items.Element.ValueKind == JsonValueKind.Array ? [.. items.Items()] : [];
    }

    // Before draft 2020-12, an array of items was the tuple, and additionalItems the rest.
    private static SchemaNode? RestOf(SchemaNode node)
    {
        bool hasTuple = node.TryGet("items", out SchemaNode items) && items.Element.ValueKind == JsonValueKind.Array;
        return hasTuple
            ? node.Find("additionalItems")
            : node.Has("items") ? items : null;
    }

    private static void CheckReachable(IReadOnlyList<SchemaNode> nodes, string keyword, long count, long limit)
    {
        if (count > limit)
        {
            SchemaNode node = nodes.First(node => node.Count(keyword) == count);
            throw node.Fail(
                keyword, string.Create(CultureInfo.InvariantCulture, $"is above {limit}, which no answer reaches; use a smaller count"));
        }
    }
}
