using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace CurKv.Grammar.Schema;

/// <summary>Resolves <c>$ref</c>, <c>allOf</c>, <c>anyOf</c> and <c>oneOf</c>: what is left are alternatives, each a few plain schemas that all hold.</summary>
/// <param name="root">The schema to which references point.</param>
/// <remarks>Not thread-safe.</remarks>
internal sealed class SchemaExpansion(JsonElement root)
{
    private const int MaxAlternatives = 1024;
    private const int MaxSteps = 200_000;
    private const int DeepestExpansion = 128;

    private static readonly string[] Applicators = ["$ref", "allOf", "anyOf", "oneOf"];

    private readonly List<string> _references = [];
    private int _steps;
    private int _depth;

    /// <summary>Expands schemas that all hold.</summary>
    /// <param name="nodes">The schemas.</param>
    /// <returns>The alternatives; none where no value is allowed, an empty one where any value is.</returns>
    /// <exception cref="JsonSchemaException">A reference leads nowhere or in a circle, or there are too many alternatives.</exception>
    public IReadOnlyList<IReadOnlyList<SchemaNode>> Expand(IEnumerable<SchemaNode> nodes) => All(nodes, "allOf", default);

    private IReadOnlyList<IReadOnlyList<SchemaNode>> All(IEnumerable<SchemaNode> nodes, string keyword, SchemaNode owner)
    {
        IReadOnlyList<IReadOnlyList<SchemaNode>> alternatives = [[]];
        foreach (SchemaNode node in nodes)
        {
            alternatives = Cross(alternatives, Expand(node), keyword, owner.Path is null ? node : owner);
        }

        return alternatives;
    }

    private IReadOnlyList<IReadOnlyList<SchemaNode>> Expand(SchemaNode node)
    {
        if (++_steps > MaxSteps || _depth >= DeepestExpansion || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw node.Fail("$ref", "nests or repeats schemas too much; simplify allOf, anyOf, oneOf and $ref");
        }

        _depth++;
        IReadOnlyList<IReadOnlyList<SchemaNode>> alternatives = node.Element.ValueKind switch
        {
            JsonValueKind.True => [[]],
            JsonValueKind.False => [],
            JsonValueKind.Object => ExpandObject(node),
            var kind => throw node.Fail("schema", $"must be an object, true or false, not {kind}"),
        };
        _depth--;
        return alternatives;
    }

    private IReadOnlyList<IReadOnlyList<SchemaNode>> ExpandObject(SchemaNode node)
    {
        bool isPlain = node.Element.EnumerateObject().Any(property => !Applicators.Any(property.NameEquals));
        IReadOnlyList<IReadOnlyList<SchemaNode>> alternatives = isPlain ? [[node]] : [[]];
        if (node.TryGet("$ref", JsonValueKind.String, out SchemaNode reference))
        {
            alternatives = Cross(alternatives, Follow(node, reference.Text()), "$ref", node);
        }

        if (node.TryGet("allOf", JsonValueKind.Array, out SchemaNode all))
        {
            alternatives = Cross(alternatives, All(all.Items(), "allOf", node), "allOf", node);
        }

        foreach (string keyword in (string[])["anyOf", "oneOf"])
        {
            if (node.TryGet(keyword, JsonValueKind.Array, out SchemaNode any))
            {
                var options = any.Items().SelectMany(Expand).ToList();
                alternatives = Cross(alternatives, options, keyword, node);
            }
        }

        return alternatives;
    }

    private IReadOnlyList<IReadOnlyList<SchemaNode>> Follow(SchemaNode node, string reference)
    {
        SchemaNode target = Resolve(node, reference);
        if (_references.Contains(target.Path))
        {
            throw node.Fail("$ref", $"leads back to '{target.Path}' without a value in between; let it stand in a property or in items");
        }

        _references.Add(target.Path);
        IReadOnlyList<IReadOnlyList<SchemaNode>> alternatives = Expand(target);
        _references.RemoveAt(_references.Count - 1);
        return alternatives;
    }

    private SchemaNode Resolve(SchemaNode node, string reference)
    {
        if (!reference.StartsWith('#') || (reference.Length > 1 && reference[1] != '/'))
        {
            throw node.Fail("$ref", $"refers to '{reference}', which is not a JSON pointer into this schema; copy the schema into $defs and write '#/$defs/...'");
        }

        var target = new SchemaNode(root, "#");
        foreach (string part in reference.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            target = Child(target, name)
                ?? throw node.Fail("$ref", $"refers to '{reference}', which does not exist in this schema; '{target.Path}' has no '{name}'");
        }

        return target;
    }

    private static SchemaNode? Child(SchemaNode node, string name)
    {
        if (node.Element.ValueKind != JsonValueKind.Array)
        {
            return node.Find(name);
        }

        bool isIndex = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < node.Element.GetArrayLength();
        return isIndex ? node.Items().ElementAt(index) : null;
    }

    private static List<IReadOnlyList<SchemaNode>> Cross(
        IReadOnlyList<IReadOnlyList<SchemaNode>> left,
        IReadOnlyList<IReadOnlyList<SchemaNode>> right,
        string keyword,
        SchemaNode owner)
    {
        if ((long)left.Count * right.Count > MaxAlternatives)
        {
            throw owner.Fail(keyword, $"makes more than {MaxAlternatives} alternatives; use fewer, or a property that tells them apart");
        }

        return [.. from a in left from b in right select (IReadOnlyList<SchemaNode>)[.. a.Concat(b).DistinctBy(node => node.Path)]];
    }
}
