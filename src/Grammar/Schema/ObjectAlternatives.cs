using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

/// <summary>Writes objects of which any may stand, so that members with which several of them begin are written once.</summary>
/// <remarks>
/// Written one by one, each would hold a stack of llama.cpp's from its beginning on; where such alternatives nest in a shared member, every level
/// would double the stacks. A state here is the set of the objects' own states that the same members lead to (the subset construction).
/// </remarks>
internal sealed class ObjectAlternatives
{
    private const int MaxSteps = 4096;

    private readonly IReadOnlyList<ObjectMembers> _objects;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<List<(int Object, int Member, long Written)>> _states = [];
    private readonly List<List<(string Rule, int Target)>> _steps = [];

    private ObjectAlternatives(IReadOnlyList<ObjectMembers> objects) => _objects = objects;

    /// <summary>Adds the rules.</summary>
    /// <param name="grammar">Where to.</param>
    /// <param name="name">The name of the rule that the objects stand in.</param>
    /// <param name="objects">The objects.</param>
    /// <returns>The rule's body.</returns>
    public static string Write(GbnfBuilder grammar, string name, IReadOnlyList<ObjectMembers> objects)
    {
        var alternatives = new ObjectAlternatives(objects);
        bool isShared = alternatives.Find() && alternatives._states.Skip(1).Any(state => state.Count > 1);
        return isShared
            ? alternatives.WriteStates(grammar, name)
            : string.Join(" | ", objects.Select(one => grammar.Add($"{name}-alternative", one.Write())));
    }

    // Whether the states are few enough to be written.
    private bool Find()
    {
        int steps = 0;
        Number([.. _objects.Select((_, i) => (i, 0, 0L))]);
        for (int i = 0; i < _states.Count; i++)
        {
            var next = _states[i]
                .SelectMany(at => _objects[at.Object].Steps(at.Member, at.Written), (at, step) => (step.Rule, At: (at.Object, step.Member, step.Written)))
                .Take(MaxSteps).GroupBy(step => step.Rule, step => step.At, StringComparer.Ordinal).ToList();
            steps += next.Sum(group => group.Count());
            if (steps >= MaxSteps)
            {
                return false;
            }

            _steps.Add([.. next.Select(group => (group.Key, Number([.. group.Distinct().Order()])))]);
        }

        return true;
    }

    private int Number(List<(int Object, int Member, long Written)> state)
    {
        string key = string.Join(' ', state);
        if (!_numbers.TryGetValue(key, out int number))
        {
            number = _states.Count;
            _numbers.Add(key, number);
            _states.Add(state);
        }

        return number;
    }

    private string WriteStates(GbnfBuilder grammar, string name)
    {
        string[] rules = [.. _states.Select(_ => grammar.Reserve($"{name}-rest"))];
        for (int i = 0; i < rules.Length; i++)
        {
            string end = CanEnd(i) ? "\"\"" : string.Empty;
            string more = _steps[i].Count == 0 ? string.Empty : $"\",\" {JsonRules.Space(grammar)} ({Options(i)})";
            grammar.Define(rules[i], string.Join(" | ", new[] { more, end }.Where(part => part.Length > 0)));
        }

        return _steps[0].Count == 0 ? "\"{\" \"}\"" : $"\"{{\" ({Options(0)}){(CanEnd(0) ? "?" : string.Empty)} \"}}\"";

        string Options(int state) => string.Join(" | ", _steps[state].Select(step => $"{step.Rule} {rules[step.Target]}"));
    }

    private bool CanEnd(int state) => _states[state].Any(at => _objects[at.Object].CanEnd(at.Member, at.Written));
}
