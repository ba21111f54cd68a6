using System.Runtime.InteropServices;
using CurKv.Grammar.Gbnf;

namespace CurKv.Grammar.Schema;

/// <summary>Writes an object's members: the declared ones in order, any subset of the optional ones, then additional ones, with commas between.</summary>
/// <remarks>
/// A state is the next declared member and, where a count binds, how many members stand already. A state gets a rule "rest" for what may
/// follow a member, and a rule "next" for a member that must follow; states from which no object ends are never entered.
/// </remarks>
internal sealed class ObjectMembers
{
    private readonly GbnfBuilder _grammar;
    private readonly string _name;
    private readonly IReadOnlyList<ObjectMember> _members;
    private readonly string? _additional;
    private readonly long _least;
    private readonly long? _most;
    private readonly bool _counts;
    private readonly int[] _requiredFrom;
    private readonly Dictionary<(string Part, int Member, long Written), string> _rules = [];
    private readonly Queue<(string Part, int Member, long Written)> _pending = new();

    /// <summary>Describes an object.</summary>
    /// <param name="grammar">Where rules go.</param>
    /// <param name="name">The object's rule.</param>
    /// <param name="members">The declared members.</param>
    /// <param name="additional">The rule of an additional member, if there may be some.</param>
    /// <param name="least">The least number of members.</param>
    /// <param name="most">The largest number of members.</param>
    public ObjectMembers(GbnfBuilder grammar, string name, IReadOnlyList<ObjectMember> members, string? additional, long least, long? most)
    {
        _grammar = grammar;
        _name = name;
        _members = members;
        _additional = additional;
        _least = least;
        _most = most;
        _requiredFrom = new int[_members.Count + 1];
        for (int i = _members.Count - 1; i >= 0; i--)
        {
            _requiredFrom[i] = _requiredFrom[i + 1] + (_members[i].IsRequired ? 1 : 0);
        }

        _counts = _least > _requiredFrom[0] || (_most is not null && (_additional is not null || _most < _members.Count));
    }

    /// <summary>Whether any object fits.</summary>
    public bool CanBeWritten => !(_most < _least) && Fits(0, 0);

    /// <summary>The number of states, at most.</summary>
    public double Count => (_members.Count + 1.0) * (_counts ? (_most ?? _least) + 1.0 : 1);

    /// <summary>Adds the rules.</summary>
    /// <returns>The object's body.</returns>
    public string Write()
    {
        if (!_counts && _additional is null && _requiredFrom[0] == _members.Count && _members.Count > 0)
        {
            string comma = $" \",\" {JsonRules.Space(_grammar)} ";
            return $"\"{{\" {string.Join(comma, _members.Select(member => member.Rule))} \"}}\"";
        }

        string first = HasNext(0, 0) ? Rule(("next", 0, 0)) : string.Empty;
        while (_pending.TryDequeue(out (string Part, int Member, long Written) state))
        {
            _grammar.Define(_rules[state], state.Part == "next" ? Next(state.Member, state.Written) : Rest(state.Member, state.Written));
        }

        return first.Length == 0 ? "\"{\" \"}\"" : CanEnd(0, 0) ? $"\"{{\" {first}? \"}}\"" : $"\"{{\" {first} \"}}\"";
    }

    /// <summary>The members that may stand next, and the state behind each.</summary>
    /// <param name="member">The first declared member that may.</param>
    /// <param name="written">How many stand already.</param>
    public IEnumerable<(string Rule, int Member, long Written)> Steps(int member, long written)
    {
        if (_counts && written >= _most)
        {
            yield break;
        }

        long after = After(written);
        for (; member < _members.Count; member++)
        {
            if (Fits(member + 1, after))
            {
                yield return (_members[member].Rule, member + 1, after);
            }

            if (_members[member].IsRequired)
            {
                yield break;
            }
        }

        if (_additional is not null)
        {
            yield return (_additional, member, after);
        }
    }

    /// <summary>Whether the object may end in a state.</summary>
    /// <param name="member">The first declared member that may stand next.</param>
    /// <param name="written">How many stand already.</param>
    public bool CanEnd(int member, long written) => _requiredFrom[member] == 0 && (!_counts || written >= _least);

    private string Next(int member, long written)
    {
        long after = After(written);
        if (member == _members.Count)
        {
            return $"{_additional} {Rule(("rest", member, after))}";
        }

        var options = new List<string>();
        if (Fits(member + 1, after))
        {
            options.Add($"{_members[member].Rule} {Rule(("rest", member + 1, after))}");
        }

        if (!_members[member].IsRequired && HasNext(member + 1, written))
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
            options.Add($"\",\" {JsonRules.Space(_grammar)} {Rule(("next", member, written))}");
        }

        if (CanEnd(member, written))
        {
            options.Add("\"\"");
        }

        return string.Join(" | ", options);
    }

    private string Rule((string Part, int Member, long Written) state)
    {
        ref string? rule = ref CollectionsMarshal.GetValueRefOrAddDefault(_rules, state, out bool exists);
        if (!exists)
        {
            rule = _grammar.Reserve($"{_name}-{state.Part}");
            _pending.Enqueue(state);
        }

        return rule!;
    }

    private long After(long written) => !_counts ? 0 : _most is null ? Math.Min(written + 1, _least) : written + 1;

    // Whether an object can still end well from here.
    private bool Fits(int member, long written) =>
        (!_counts || _most is null || written + _requiredFrom[member] <= _most) &&
        (!_counts || _additional is not null || written + _members.Count - member >= _least);

    private bool HasNext(int member, long written)
    {
        if (_counts && written >= _most)
        {
            return false;
        }

        long after = After(written);
        for (; member < _members.Count; member++)
        {
            if (Fits(member + 1, after))
            {
                return true;
            }

            if (_members[member].IsRequired)
            {
                return false;
            }
        }

        return _additional is not null;
    }
}
