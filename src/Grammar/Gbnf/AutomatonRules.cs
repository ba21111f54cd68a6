using System.Text;
using CurKv.Grammar.Automata;

namespace CurKv.Grammar.Gbnf;

/// <summary>Writes an automaton as grammar rules, one for each state in which texts part.</summary>
/// <remarks>Such rules are linear: llama.cpp follows them with a single stack, however the pattern they came from was written.</remarks>
internal sealed class AutomatonRules
{
    private readonly GbnfBuilder _grammar;
    private readonly IReadOnlyList<AutomatonState> _states;
    private readonly string _end;
    private readonly int[] _sources;
    private readonly Dictionary<int, string> _names = [];

    private AutomatonRules(GbnfBuilder grammar, Automaton automaton, string end)
    {
        _grammar = grammar;
        _end = end;
        _states = automaton.States;
        _sources = new int[_states.Count];
        foreach (int target in _states.SelectMany(state => state.Edges.Select(edge => edge.Target).Distinct()))
        {
            _sources[target]++;
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
        rules._names.Add(0, grammar.Reserve(name));
        open.Enqueue(0);
        while (open.TryDequeue(out int state))
        {
            foreach (int target in rules.Heads(state))
            {
                if (!rules._names.ContainsKey(target))
                {
                    rules._names.Add(target, grammar.Reserve(name + "-part"));
                    open.Enqueue(target);
                }
            }
        }

        // The start may be returned to, then without the text that stands before.
        string opening = start.Length == 0 || rules._sources[0] == 0 ? rules._names[0] : grammar.Reserve(name);
        foreach ((int state, string rule) in rules._names)
        {
            string body = rules.Body(state);
            grammar.Define(rule, state == 0 && opening == rule && start.Length > 0 ? $"{start} ({body})" : body);
        }

        if (opening != rules._names[0])
        {
            grammar.Define(opening, $"{start} {rules._names[0]}");
        }

        return opening;
    }

    // A state that is passed through in one way needs no rule.
    private bool IsInline(int state) => _sources[state] == 1 && Groups(state).Count() + (_states[state].Accepts ? 1 : 0) == 1;

    private IEnumerable<IGrouping<int, AutomatonEdge>> Groups(int state) => _states[state].Edges.GroupBy(edge => edge.Target);

    private static bool IsEnd(AutomatonState state) => state.Accepts && state.Edges.Count == 0;

    // The states that need a rule and are reached next.
    private IEnumerable<int> Heads(int state) =>
        Groups(state).Select(group => FollowTo(group.Key)).Where(target => !IsEnd(_states[target]));

    private int FollowTo(int state)
    {
        while (IsInline(state) && !_states[state].Accepts)
        {
            state = _states[state].Edges[0].Target;
        }

        return state;
    }

    private string Body(int state)
    {
        var options = Groups(state).Select(Option).ToList();
        if (_states[state].Accepts)
        {
            options.Add(_end.Length > 0 ? _end : "\"\"");
        }

        return string.Join(" | ", options);
    }

    private string Option(IGrouping<int, AutomatonEdge> step)
    {
        var parts = new List<string>();
        var literal = new StringBuilder();
        IGrouping<int, AutomatonEdge> group = step;
        AppendStep();
        int state = step.Key;
        while (IsInline(state) && !_states[state].Accepts)
        {
            group = Groups(state).First();
            state = group.Key;
            AppendStep();
        }

        FlushLiteral();
        if (!IsEnd(_states[state]))
        {
            parts.Add(_names[state]);
        }
        else if (_end.Length > 0)
        {
            parts.Add(_end);
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
            parts.Add(JsonText.Character(_grammar, characters));
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
