using System.Globalization;
using System.Runtime.CompilerServices;

namespace CurKv.Grammar.Automata;

/// <summary>Makes deterministic automata of patterns: Thompson's construction, then subsets of its states.</summary>
internal sealed class PatternAutomaton
{
    private const int MaxStates = 50_000;
    private const long MaxWork = 20_000_000;

    private readonly List<(CodePointSet Characters, int Target)?> _steps = [];
    private readonly List<List<int>> _free = [];

    /// <summary>The automaton that accepts the texts that a pattern matches as a whole.</summary>
    /// <param name="pattern">A pattern without anchors.</param>
    /// <exception cref="PatternException">It would have too many states.</exception>
    public static Automaton Of(PatternNode pattern)
    {
        var builder = new PatternAutomaton();
        int end = builder.AddState();
        int start = builder.Append(pattern, end);
        return builder.Determinise(start, end);
    }

    private int AddState()
    {
        if (_steps.Count >= MaxStates)
        {
            throw new PatternException("repeats too much; use smaller counts");
        }

        _steps.Add(null);
        _free.Add([]);
        return _steps.Count - 1;
    }

    // Returns the state from which the node leads to the next one.
    private int Append(PatternNode node, int next)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new PatternException("nests groups and quantifiers too deeply; make it flatter");
        }

        switch (node)
        {
            case PatternNode.Character character:
                int state = AddState();
                _steps[state] = (character.Characters, next);
                return state;
            case PatternNode.Sequence sequence:
                return sequence.Parts.Reverse().Aggregate(next, (after, part) => Append(part, after));
            case PatternNode.Choice choice:
                int fork = AddState();
                _free[fork].AddRange(choice.Options.Select(option => Append(option, next)));
                return fork;
            case PatternNode.Repetition repetition:
                return AppendRepetition(repetition, next);
            default:
                throw new InvalidOperationException($"A pattern's {node.GetType().Name} has no automaton.");
        }
    }

    private int AppendRepetition(PatternNode.Repetition repetition, int next)
    {
        int start = next;
        if (repetition.Maximum is { } maximum)
        {
            for (int i = repetition.Minimum; i < maximum; i++)
            {
                int option = AddState();
                _free[option].AddRange([Append(repetition.Part, start), next]);
                start = option;
            }
        }
        else
        {
            int loop = AddState();
            _free[loop].AddRange([Append(repetition.Part, loop), next]);
            start = loop;
        }

        // A part that is always empty adds no state, however often it stands there.
        int before = -1;
        for (int i = 0; i < repetition.Minimum && start != before; i++)
        {
            before = start;
            start = Append(repetition.Part, start);
        }

        return start;
    }

    private Automaton Determinise(int start, int end)
    {
        List<(int First, int Last)> classes = Classes();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var subsets = new List<List<int>>();
        var states = new List<AutomatonState>();
        long work = 0L;
        Number([start]);
        for (int i = 0; i < subsets.Count; i++)
        {
            work += (long)classes.Count * subsets[i].Count;
            if (work > MaxWork)
            {
                throw new PatternException("needs too large an automaton; anchor it with ^ and $, or use smaller counts");
            }

            var edges = new List<AutomatonEdge>();
            foreach ((int first, int last) in classes)
            {
                var targets = subsets[i].Select(state => _steps[state]).OfType<(CodePointSet Characters, int Target)>()
                    .Where(step => step.Characters.Contains(first)).Select(step => step.Target).ToList();
                if (targets.Count > 0)
                {
                    edges.Add(new AutomatonEdge(first, last, Number(targets)));
                }
            }

            states.Add(new AutomatonState(subsets[i].Contains(end), edges));
        }

        return new Automaton(states);

        int Number(List<int> targets)
        {
            List<int> closure = Close(targets);
            string key = string.Join(',', closure.Select(state => state.ToString(CultureInfo.InvariantCulture)));
            if (!numbers.TryGetValue(key, out int number))
            {
                number = subsets.Count;
                Automaton.CheckSize(number);
                numbers.Add(key, number);
                subsets.Add(closure);
            }

            return number;
        }
    }

    // Only states that matter are kept: those with a step, and the end.
    private List<int> Close(List<int> targets)
    {
        var seen = new SortedSet<int>(targets);
        var open = new Stack<int>(seen);
        while (open.TryPop(out int state))
        {
            foreach (int target in _free[state].Where(seen.Add))
            {
                open.Push(target);
            }
        }

        return [.. seen.Where(state => _steps[state] is not null || _free[state].Count == 0)];
    }

    // The largest ranges of code points that every step takes as a whole or not at all.
    private List<(int First, int Last)> Classes()
    {
        var bounds = new SortedSet<int>();
        foreach ((int first, int last) in _steps.Where(step => step is not null).SelectMany(step => step!.Value.Characters.Ranges))
        {
            bounds.Add(first);
            bounds.Add(last + 1);
        }

        return [.. bounds.Zip(bounds.Skip(1), (first, next) => (first, next - 1))];
    }
}
