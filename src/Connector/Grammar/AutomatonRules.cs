using System.Text;

namespace CurKv.Connector.Grammar;

/// <summary>Writes an automaton as grammar rules, one for each state in which texts part.</summary>
/// <remarks>Such rules are linear: llama.cpp follows them with a single stack, however the pattern they came from was written.</remarks>
internal sealed class AutomatonRules
{
    private readonly GbnfBuilder grammar;
    private readonly IReadOnlyList<AutomatonState> states;
    private readonly string end;
    private readonly int[] sources;
    private readonly Dictionary<int, string> names = [];

    private AutomatonRules(GbnfBuilder grammar, Automaton automaton, string end)
    {
        this.grammar = grammar;
        this.end = end;
        states = automaton.States;
        sources = new int[states.Count];
        foreach (var target in states.SelectMany(state => state.Edges.Select(edge => edge.Target).Distinct()))
        {
            sources[target]++;
        }
    }

    /// <summary>Adds the rules.</summary>
    /// <param name="grammar">Where to.</param>
    /// <param name="name">The wished name of the first rule.</param>
    /// <param name="automaton">An automaton that accepts something; its characters are escaped as within a JSON string.</param>
    /// <param name="start">A literal that stands before the text, or nothing.</param>
    /// <param name="end">A literal that stands after it, or nothing.</param>
    /// <returns>The name of the rule.</returns>
    public static string Add(GbnfBuilder grammar, string name, Automaton automaton, string start, string end)
    {
        var rules = new AutomatonRules(grammar, automaton, end);
        var open = new Queue<int>();
        rules.names.Add(0, grammar.Reserve(name));
        open.Enqueue(0);
        while (open.TryDequeue(out var state))
        {
            foreach (var target in rules.Heads(state))
            {
                if (!rules.names.ContainsKey(target))
                {
                    rules.names.Add(target, grammar.Reserve(name + "-part"));
                    open.Enqueue(target);
                }
            }
        }

        // The start may be returned to, then without the text that stands before.
        var opening = start.Length == 0 || rules.sources[0] == 0 ? rules.names[0] : grammar.Reserve(name);
        foreach (var (state, rule) in rules.names)
        {
            var body = rules.Body(state);
            grammar.Define(rule, state == 0 && opening == rule && start.Length > 0 ? $"{start} ({body})" : body);
        }

        if (opening != rules.names[0])
        {
            grammar.Define(opening, $"{start} {rules.names[0]}");
        }

        return opening;
    }

    // A state that is passed through in one way needs no rule.
    private bool IsInline(int state) => sources[state] == 1 && Groups(state).Count() + (states[state].Accepts ? 1 : 0) == 1;

    private IEnumerable<IGrouping<int, AutomatonEdge>> Groups(int state) => states[state].Edges.GroupBy(edge => edge.Target);

    private static bool IsEnd(AutomatonState state) => state.Accepts && state.Edges.Count == 0;

    // The states that need a rule and are reached next.
    private IEnumerable<int> Heads(int state) =>
        Groups(state).Select(group => FollowTo(group.Key)).Where(target => !IsEnd(states[target]));

    private int FollowTo(int state)
    {
        while (IsInline(state) && !states[state].Accepts)
        {
            state = states[state].Edges[0].Target;
        }

        return state;
    }

    private string Body(int state)
    {
        var options = Groups(state).Select(Option).ToList();
        if (states[state].Accepts)
        {
            options.Add(end.Length > 0 ? end : "\"\"");
        }

        return string.Join(" | ", options);
    }

    private string Option(IGrouping<int, AutomatonEdge> step)
    {
        var parts = new List<string>();
        var literal = new StringBuilder();
        var group = step;
        AppendStep();
        var state = step.Key;
        while (IsInline(state) && !states[state].Accepts)
        {
            group = Groups(state).First();
            state = group.Key;
            AppendStep();
        }

        FlushLiteral();
        if (!IsEnd(states[state]))
        {
            parts.Add(names[state]);
        }
        else if (end.Length > 0)
        {
            parts.Add(end);
        }

        return string.Join(' ', parts);

        void AppendStep()
        {
            var characters = CodePointSet.Of(group.Select(edge => (edge.First, edge.Last)));
            if (characters.Ranges is [var single] && single.First == single.Last)
            {
                literal.Append(JsonText.Escape(single.First));
                return;
            }

            FlushLiteral();
            parts.Add(JsonText.Character(grammar, characters));
        }

        void FlushLiteral()
        {
            if (literal.Length > 0)
            {
                parts.Add(GbnfBuilder.Literal(literal.ToString()));
                literal.Clear();
            }
        }
    }
}
