using System.Globalization;
using System.Text;

namespace CurKv.Grammar.Automata;

/// <summary>A deterministic automaton over code points; state 0 is the start. Immutable, thread-safe.</summary>
/// <remarks>
/// Every state leads to acceptance: states that do not are cut off when it is made, because a grammar with a dead end would leave a model without
/// any token. No states at all: no text is accepted.
/// </remarks>
internal sealed class Automaton
{
    /// <summary>More states than any automaton has.</summary>
    public const int MaxStates = 5_000;

    /// <summary>Makes an automaton.</summary>
    /// <param name="states">The states; the first is the start.</param>
    public Automaton(IReadOnlyList<AutomatonState> states) => States = Trim(states);

    /// <summary>Accepts every text.</summary>
    public static Automaton Everything { get; } = new([new AutomatonState(true, Steps(CodePointSet.All, 0))]);

    /// <summary>The states; the first is the start.</summary>
    public IReadOnlyList<AutomatonState> States { get; }

    /// <summary>Whether no text is accepted.</summary>
    public bool IsEmpty => States.Count == 0;

    /// <summary>Accepts the texts in which a regular expression matches.</summary>
    /// <param name="pattern">The regular expression, as JSON Schema means it.</param>
    /// <exception cref="PatternException">It is wrong, or not regular, or too large.</exception>
    public static Automaton OfPattern(string pattern) => PatternAutomaton.Of(PatternParser.Parse(pattern));

    /// <summary>Accepts some words, and nothing else.</summary>
    /// <param name="words">The words.</param>
    public static Automaton OfWords(IEnumerable<string> words)
    {
        var steps = new List<SortedDictionary<int, int>> { new() };
        var ends = new HashSet<int>();
        foreach (string word in words)
        {
            int state = 0;
            foreach (Rune rune in word.EnumerateRunes())
            {
                if (!steps[state].TryGetValue(rune.Value, out int next))
                {
                    next = steps.Count;
                    steps[state].Add(rune.Value, next);
                    steps.Add([]);
                }

                state = next;
            }

            ends.Add(state);
        }

        return new Automaton([.. steps.Select((step, i) => new AutomatonState(
            ends.Contains(i),
            [.. step.Select(pair => new AutomatonEdge(pair.Key, pair.Key, pair.Value))]))]);
    }

    /// <summary>Accepts the texts of some length.</summary>
    /// <param name="minimum">The least number of code points.</param>
    /// <param name="maximum">The largest; <see langword="null"/>: any.</param>
    /// <exception cref="PatternException">It would have too many states.</exception>
    public static Automaton OfLength(int minimum, int? maximum)
    {
        int last = maximum ?? minimum;
        CheckSize(last);
        IEnumerable<AutomatonState> states = Enumerable.Range(0, last + 1).Select(length => new AutomatonState(
            length >= minimum,
            length < last ? Steps(CodePointSet.All, length + 1) : maximum is null ? Steps(CodePointSet.All, last) : []));
        return new Automaton([.. states]);
    }

    /// <summary>Accepts the whole numbers in decimal digits, sign or not, that a number divides.</summary>
    /// <param name="divisor">The number, at least one.</param>
    public static Automaton OfMultiples(int divisor)
    {
        CheckSize(divisor + 1);
        var automaton = new Automaton([
            new AutomatonState(false, [new AutomatonEdge('-', '-', 1), .. Digits(0, divisor)]),
            .. Enumerable.Range(0, divisor).Select(remainder => new AutomatonState(remainder == 0, Digits(remainder, divisor)))]);
        return automaton.Minimise();
    }

    /// <summary>Refuses automata that no grammar should hold.</summary>
    /// <param name="states">The number of states.</param>
    /// <param name="limit">How many are too many.</param>
    /// <exception cref="PatternException">There are too many.</exception>
    public static void CheckSize(int states, int limit = MaxStates)
    {
        if (states >= limit)
        {
            throw new PatternException(string.Create(
                CultureInfo.InvariantCulture, $"needs an automaton of {limit} states or more; use smaller or rounder numbers, or a simpler pattern"));
        }
    }

    /// <summary>Accepts what both accept.</summary>
    /// <param name="other">The other automaton.</param>
    /// <exception cref="PatternException">It would have too many states.</exception>
    public Automaton Intersect(Automaton other)
    {
        if (IsEmpty || other.IsEmpty)
        {
            return new Automaton([]);
        }

        var numbers = new Dictionary<(int, int), int> { [(0, 0)] = 0 };
        var pairs = new List<(int Left, int Right)> { (0, 0) };
        var states = new List<AutomatonState>();
        for (int i = 0; i < pairs.Count; i++)
        {
            (AutomatonState left, AutomatonState right) = (States[pairs[i].Left], other.States[pairs[i].Right]);
            IEnumerable<AutomatonEdge> edges = from a in left.Edges
                                               from b in right.Edges
                                               let first = Math.Max(a.First, b.First)
                                               let last = Math.Min(a.Last, b.Last)
                                               where first <= last
                                               orderby first
                                               select new AutomatonEdge(first, last, Number((a.Target, b.Target)));
            states.Add(new AutomatonState(left.Accepts && right.Accepts, [.. edges]));
        }

        return new Automaton(states);

        int Number((int Left, int Right) pair)
        {
            if (!numbers.TryGetValue(pair, out int number))
            {
                number = pairs.Count;
                CheckSize(number);
                numbers.Add(pair, number);
                pairs.Add(pair);
            }

            return number;
        }
    }

    /// <summary>Accepts what this one does not.</summary>
    public Automaton Complement()
    {
        if (IsEmpty)
        {
            return Everything;
        }

        int everything = States.Count;
        IEnumerable<AutomatonState> states = States.Select(state =>
        {
            CodePointSet rest = CodePointSet.Of(state.Edges.Select(edge => (edge.First, edge.Last))).Complement();
            return new AutomatonState(!state.Accepts, [.. state.Edges.Concat(Steps(rest, everything)).OrderBy(edge => edge.First)]);
        });
        return new Automaton([.. states, new AutomatonState(true, Steps(CodePointSet.All, everything))]);
    }

    /// <summary>Accepts the same in fewer states: those that differ in nothing that may follow become one (Moore's algorithm).</summary>
    public Automaton Minimise()
    {
        int[] classes = [.. States.Select(state => state.Accepts ? 1 : 0)];
        int count = 0;
        for (int previous = -1; count != previous;)
        {
            previous = count;
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            classes = [.. States.Select((state, i) => Number(numbers, Describe(state, classes[i])))];
            count = numbers.Count;
        }

        IEnumerable<AutomatonState> states = Enumerable.Range(0, States.Count).DistinctBy(i => classes[i]).Select(i => new AutomatonState(
            States[i].Accepts,
            [.. States[i].Edges.Select(edge => edge with { Target = classes[edge.Target] })]));
        return new Automaton([.. states]);

        string Describe(AutomatonState state, int own) =>
            string.Join(' ', state.Edges.Select(edge => (edge.First, edge.Last, classes[edge.Target])).Prepend((own, 0, 0)));

        static int Number(Dictionary<string, int> numbers, string description)
        {
            numbers.TryAdd(description, numbers.Count);
            return numbers[description];
        }
    }

    /// <summary>Whether a text is accepted.</summary>
    /// <param name="text">The text.</param>
    public bool Accepts(string text)
    {
        if (IsEmpty)
        {
            return false;
        }

        AutomatonState state = States[0];
        foreach (Rune rune in text.EnumerateRunes())
        {
            AutomatonEdge edge = state.Edges.FirstOrDefault(
                edge => edge.First <= rune.Value && rune.Value <= edge.Last, new AutomatonEdge(0, 0, -1));
            if (edge.Target < 0)
            {
                return false;
            }

            state = States[edge.Target];
        }

        return state.Accepts;
    }

    // From a remainder, one digit on; remainder r is state r + 1.
    private static AutomatonEdge[] Digits(int remainder, int divisor) =>
        [.. Enumerable.Range(0, 10).Select(digit => new AutomatonEdge('0' + digit, '0' + digit, (((remainder * 10) + digit) % divisor) + 1))];

    private static AutomatonEdge[] Steps(CodePointSet characters, int target) =>
        [.. characters.Ranges.Select(range => new AutomatonEdge(range.First, range.Last, target))];

    // Keeps the states that the start reaches and that reach acceptance, numbered anew.
    private static List<AutomatonState> Trim(IReadOnlyList<AutomatonState> states)
    {
        bool[] alive = Alive(states);
        if (states.Count == 0 || !alive[0])
        {
            return [];
        }

        var numbers = new Dictionary<int, int> { [0] = 0 };
        var order = new List<int> { 0 };
        var kept = new List<AutomatonState>();
        for (int i = 0; i < order.Count; i++)
        {
            var edges = new List<AutomatonEdge>();
            foreach (AutomatonEdge edge in states[order[i]].Edges.Where(edge => alive[edge.Target]))
            {
                if (numbers.TryAdd(edge.Target, order.Count))
                {
                    order.Add(edge.Target);
                }

                edges.Add(edge with { Target = numbers[edge.Target] });
            }

            kept.Add(new AutomatonState(states[order[i]].Accepts, edges));
        }

        return kept;
    }

    private static bool[] Alive(IReadOnlyList<AutomatonState> states)
    {
        var sources = states.Select(_ => new List<int>()).ToList();
        for (int i = 0; i < states.Count; i++)
        {
            foreach (AutomatonEdge edge in states[i].Edges)
            {
                sources[edge.Target].Add(i);
            }
        }

        bool[] alive = states.Select(state => state.Accepts).ToArray();
        var open = new Stack<int>(Enumerable.Range(0, states.Count).Where(i => alive[i]));
        while (open.TryPop(out int state))
        {
            foreach (int source in sources[state].Where(source => !alive[source]))
            {
                alive[source] = true;
                open.Push(source);
            }
        }

        return alive;
    }
}
