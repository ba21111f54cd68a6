using System.Runtime.InteropServices;

namespace CurKv.Connector.Grammar;

/// <summary>Writes an object's members: the declared ones in order, any subset of the optional ones, then additional ones, with commas between.</summary>
/// <remarks>
/// A state is the next declared member and, where a count binds, how many members stand already. A state gets a rule "rest" for what may
/// follow a member, and a rule "next" for a member that must follow; states from which no object ends are never entered.
/// </remarks>
internal sealed class ObjectMembers
{
    private readonly GbnfBuilder grammar;
    private readonly string name;
    private readonly IReadOnlyList<ObjectMember> members;
    private readonly string? additional;
    private readonly long least;
    private readonly long? most;
    private readonly bool counts;
    private readonly int[] requiredFrom;
    private readonly Dictionary<(string Part, int Member, long Written), string> rules = [];
    private readonly Queue<(string Part, int Member, long Written)> pending = new();

    /// <summary>Describes an object.</summary>
    /// <param name="grammar">Where rules go.</param>
    /// <param name="name">The object's rule.</param>
    /// <param name="members">The declared members.</param>
    /// <param name="additional">The rule of an additional member, if there may be some.</param>
    /// <param name="least">The least number of members.</param>
    /// <param name="most">The largest number of members.</param>
    public ObjectMembers(GbnfBuilder grammar, string name, IReadOnlyList<ObjectMember> members, string? additional, long least, long? most)
    {
        this.grammar = grammar;
        this.name = name;
        this.members = members;
        this.additional = additional;
        this.least = least;
        this.most = most;
        requiredFrom = new int[members.Count + 1];
        for (var i = members.Count - 1; i >= 0; i--)
        {
            requiredFrom[i] = requiredFrom[i + 1] + (members[i].IsRequired ? 1 : 0);
        }

        counts = least > requiredFrom[0] || (most is not null && (additional is not null || most < members.Count));
    }

    /// <summary>Whether any object fits.</summary>
    public bool CanBeWritten => !(most < least) && Fits(0, 0);

    /// <summary>The number of states, at most.</summary>
    public double Count => (members.Count + 1.0) * (counts ? (most ?? least) + 1.0 : 1);

    /// <summary>Adds the rules.</summary>
    /// <returns>The object's body.</returns>
    public string Write()
    {
        if (!counts && additional is null && requiredFrom[0] == members.Count && members.Count > 0)
        {
            var comma = $" \",\" {JsonRules.Space(grammar)} ";
            return $"\"{{\" {string.Join(comma, members.Select(member => member.Rule))} \"}}\"";
        }

        var first = HasNext(0, 0) ? Rule(("next", 0, 0)) : string.Empty;
        while (pending.TryDequeue(out var state))
        {
            grammar.Define(rules[state], state.Part == "next" ? Next(state.Member, state.Written) : Rest(state.Member, state.Written));
        }

        return first.Length == 0 ? "\"{\" \"}\"" : CanEnd(0, 0) ? $"\"{{\" {first}? \"}}\"" : $"\"{{\" {first} \"}}\"";
    }

    private string Next(int member, long written)
    {
        var after = After(written);
        if (member == members.Count)
        {
            return $"{additional} {Rule(("rest", member, after))}";
        }

        var options = new List<string>();
        if (Fits(member + 1, after))
        {
            options.Add($"{members[member].Rule} {Rule(("rest", member + 1, after))}");
        }

        if (!members[member].IsRequired && HasNext(member + 1, written))
        {
            options.Add(Rule(("next", member + 1, written)));
        }

        return string.Join(" | ", options);
    }

    private string Rest(int member, long written)
    {
        var options = new List<string>();
        if (HasNext(member, written))
        {
            options.Add($"\",\" {JsonRules.Space(grammar)} {Rule(("next", member, written))}");
        }

        if (CanEnd(member, written))
        {
            options.Add("\"\"");
        }

        return string.Join(" | ", options);
    }

    private string Rule((string Part, int Member, long Written) state)
    {
        ref var rule = ref CollectionsMarshal.GetValueRefOrAddDefault(rules, state, out var exists);
        if (!exists)
        {
            rule = grammar.Reserve($"{name}-{state.Part}");
            pending.Enqueue(state);
        }

        return rule!;
    }

    private long After(long written) => !counts ? 0 : most is null ? Math.Min(written + 1, least) : written + 1;

    // Whether an object can still end well from here.
    private bool Fits(int member, long written) =>
        (!counts || most is null || written + requiredFrom[member] <= most) &&
        (!counts || additional is not null || written + members.Count - member >= least);

    private bool CanEnd(int member, long written) => requiredFrom[member] == 0 && (!counts || written >= least);

    private bool HasNext(int member, long written)
    {
        if (counts && written >= most)
        {
            return false;
        }

        var after = After(written);
        for (; member < members.Count; member++)
        {
            if (Fits(member + 1, after))
            {
                return true;
            }

            if (members[member].IsRequired)
            {
                return false;
            }
        }

        return additional is not null;
    }
}
