using System.Globalization;
using System.Text.Json;
using CurKv.Grammar.Automata;
using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

// Numbers: unbound ones have a rule of their own; bounds are automata over the digits, exact and without exponents.
internal sealed partial class JsonSchemaCompiler
{
    private const decimal OutOfDigits = 1e16m;
    private const int LargestDivisor = 1000;

    // A state is a rule with an option for each digit: such grammars stay below 64 KiB.
    private const int MaxNumberStates = 400;

    private static readonly Lazy<Automaton> Integers = new(() => Automaton.OfPattern(JsonRules.IntegerPattern));
    private static readonly Lazy<Automaton> Decimals = new(() => Automaton.OfPattern(JsonRules.DecimalPattern));
    private static readonly string[] Bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

    private string? CompileNumber(IReadOnlyList<SchemaNode> nodes, bool isInteger, string name)
    {
        Automaton digits = isInteger ? Integers.Value : Decimals.Value;
        Automaton automaton = NumberAutomaton(nodes, digits, MaxNumberStates);
        if (ReferenceEquals(automaton, digits))
        {
            return isInteger ? JsonRules.Integer(_grammar) : JsonRules.Number(_grammar);
        }

        if (automaton.IsEmpty)
        {
            (SchemaNode node, string keyword) = Bounded(nodes).Concat(nodes.Select(node => (node, "multipleOf"))).First(pair => pair.Item1.Has(pair.Item2));
            Contradict(node, keyword, "leaves no number of up to 16 digits, together with the other bounds");
            return null;
        }

        return AutomatonRules.Add(_grammar, name, automaton, string.Empty, string.Empty);
    }

    // The numbers of some digits that all bounds and divisors allow; the digits themselves where there are none.
    private Automaton NumberAutomaton(IReadOnlyList<SchemaNode> nodes, Automaton digits, int mostStates)
    {
        Automaton all = digits;
        foreach ((SchemaNode node, string keyword) in Bounded(nodes))
        {
            all = BoundPattern(node, keyword) is { } pattern ? Intersect(node, keyword, all, () => Automaton.OfPattern(pattern))! : all;
        }

        foreach (SchemaNode node in nodes.Where(node => node.Has("multipleOf")))
        {
            all = Divisor(node) is { } divisor ? Intersect(node, "multipleOf", all, divisor, mostStates)! : all;
        }

        return all;
    }

    private static IEnumerable<(SchemaNode Node, string Keyword)> Bounded(IReadOnlyList<SchemaNode> nodes) =>
        nodes.SelectMany(_ => Bounds, (node, keyword) => (node, keyword)).Where(pair => pair.node.Has(pair.keyword));

    private string? BoundPattern(SchemaNode node, string keyword)
    {
        if (!IsBound(node, keyword, out JsonElement value))
        {
            return null;
        }

        bool isLower = keyword is "minimum" or "exclusiveMinimum";
        decimal? bound = ToDecimal(value);
        if (bound is null || Math.Abs(bound.Value) >= OutOfDigits)
        {
            // Numbers have 16 digits at most: such a bound allows them all, or none.
            return isLower == value.GetDouble() < 0 && Math.Abs(value.GetDouble()) > 1
                ? null
                : RefuseBound(node, keyword);
        }

        bool exclusive = IsExclusive(node, keyword);
        return isLower ? DecimalBound.AtLeast(bound.Value, exclusive) : DecimalBound.AtMost(bound.Value, exclusive);
    }

    private string? RefuseBound(SchemaNode node, string keyword)
    {
        Refuse(node, keyword, "has too many digits; use a bound of at most 16 digits on each side of the point");
        return null;
    }

    // Draft 4 had exclusiveMinimum and exclusiveMaximum as flags of minimum and maximum.
    private static bool IsBound(SchemaNode node, string keyword, out JsonElement value)
    {
        node.TryGet(keyword, out SchemaNode bound);
        value = bound.Element;
        return value.ValueKind switch
        {
            JsonValueKind.Number => true,
            JsonValueKind.True or JsonValueKind.False when keyword.StartsWith("exclusive", StringComparison.Ordinal) => false,
            var kind => throw node.Fail(keyword, $"must be a number, not {kind}"),
        };
    }

    private static bool IsExclusive(SchemaNode node, string keyword)
    {
        string? flag = keyword switch
        {
            "minimum" => "exclusiveMinimum",
            "maximum" => "exclusiveMaximum",
            _ => null,
        };
        return flag is null || (node.TryGet(flag, out SchemaNode value) && value.Element.ValueKind == JsonValueKind.True);
    }

    private Func<Automaton>? Divisor(SchemaNode node)
    {
        node.TryGet("multipleOf", JsonValueKind.Number, out SchemaNode value);
        decimal? divisor = ToDecimal(value.Element);
        if (divisor is null or <= 0 && value.Element.GetDouble() <= 0)
        {
            throw node.Fail("multipleOf", "must be above 0");
        }

        if (divisor is { } whole and >= 1 and <= LargestDivisor && whole == decimal.Truncate(whole))
        {
            return () => Automaton.OfMultiples((int)whole);
        }

        for (int places = 1; places <= 16 && divisor is not null; places++)
        {
            if (divisor * (decimal)Math.Pow(10, places) == 1)
            {
                string pattern = string.Create(CultureInfo.InvariantCulture, $"^-?[0-9]+(\\.[0-9]{{1,{places}}})?$");
                return () => Automaton.OfPattern(pattern);
            }
        }

        Refuse(node, "multipleOf", string.Create(
            CultureInfo.InvariantCulture, $"can be enforced for whole numbers up to {LargestDivisor} and for 0.1, 0.01, ... only; check the answer instead"));
        return null;
    }

    // None where a decimal does not hold the number exactly enough: it is far beyond all digits, or so small that it rounds to 0.
    private static decimal? ToDecimal(JsonElement value) =>
        value.TryGetDecimal(out decimal number) && (number != 0 || value.GetDouble() == 0) ? number : null;
}
