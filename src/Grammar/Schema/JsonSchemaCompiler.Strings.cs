using System.Text.Json;
using CurKv.Grammar.Automata;
using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

// Strings: lengths alone are repetitions; patterns and formats are automata, and lengths next to them as well.
internal sealed partial class JsonSchemaCompiler
{
    private const long LongestMinimum = 100_000;

    private string? CompileString(IReadOnlyList<SchemaNode> nodes, string name)
    {
        (long least, long? most) = StringLengths(nodes);
        CheckReachable(nodes, "minLength", least, LongestMinimum);
        if (most < least)
        {
            Contradict(nodes.First(node => node.Has("minLength")), "minLength", "is above maxLength");
            return null;
        }

        if (StringAutomaton(nodes, (least, most)) is not { } automaton)
        {
            return (least, most) is (0, null) ? JsonRules.String(_grammar) : AddLengths(least, most);
        }

        if (automaton.IsEmpty)
        {
            Contradict(nodes.First(node => node.Has("pattern") || node.Has("format")), "pattern", "leaves no string, together with the format and the lengths");
            return null;
        }

        return AutomatonRules.Add(_grammar, name, automaton, JsonRules.QuoteMark, JsonRules.QuoteMark);
    }

    private string AddLengths(long least, long? most)
    {
        string characters = GbnfRepetition.Of(_grammar, JsonRules.Character(_grammar), least, most);
        return _grammar.Add("text", string.Join(' ', new[] { JsonRules.QuoteMark, characters, JsonRules.QuoteMark }.Where(part => part.Length > 0)));
    }

    private static (long Least, long? Most) StringLengths(IReadOnlyList<SchemaNode> nodes) =>
        (Largest(nodes.Select(node => node.Count("minLength"))) ?? 0, Smallest(nodes.Select(node => node.Count("maxLength"))));

    // The texts that all patterns and formats allow, with the lengths; none where there is neither.
    private Automaton? StringAutomaton(IReadOnlyList<SchemaNode> nodes, (long Least, long? Most) lengths)
    {
        Automaton? all = null;
        foreach (SchemaNode node in nodes)
        {
            if (node.TryGet("pattern", JsonValueKind.String, out SchemaNode pattern))
            {
                all = Intersect(node, "pattern", all, () => Automaton.OfPattern(pattern.Text()));
            }

            if (node.TryGet("format", JsonValueKind.String, out SchemaNode format) && StringFormats.Find(format.Text()) is { } texts)
            {
                all = Intersect(node, "format", all, () => texts);
            }
        }

        return all is null || lengths is (0, null) ? all : Bind(nodes, all, lengths);
    }

    // What was so far, where the other automaton or both together are too large, which is refused.
    private Automaton? Intersect(SchemaNode node, string keyword, Automaton? all, Func<Automaton> automaton, int mostStates = Automaton.MaxStates)
    {
        try
        {
            Automaton next = automaton();
            next = all?.Intersect(next) ?? next;
            Automaton.CheckSize(next.States.Count, mostStates);
            return next;
        }
        catch (PatternException exception)
        {
            Refuse(node, keyword, $"{exception.Message}", exception);
            return all;
        }
    }

    private Automaton? Bind(IReadOnlyList<SchemaNode> nodes, Automaton automaton, (long Least, long? Most) lengths)
    {
        string keyword = lengths.Most is null ? "minLength" : "maxLength";
        return Intersect(
            nodes.First(node => node.Has(keyword)),
            keyword,
            automaton,
            () => Automaton.OfLength((int)Math.Min(lengths.Least, int.MaxValue - 1), lengths.Most is { } most ? (int)Math.Min(most, int.MaxValue - 1) : null));
    }
}
