using System.Numerics;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>The variable <c>loop</c>: where a loop is.</summary>
/// <param name="items">What is looped over.</param>
internal sealed class JinjaLoop(List<JinjaValue> items) : JinjaValue
{
    private JinjaValue? _lastSeen;

    /// <inheritdoc/>
    public override string TypeName => "LoopContext";

    /// <summary>The current item's index.</summary>
    public int Index { get; set; }

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name switch
    {
        "index" => Number(Index + 1),
        "index0" => Number(Index),
        "revindex" => Number(items.Count - Index),
        "revindex0" => Number(items.Count - Index - 1),
        "first" => JinjaBoolean.Of(Index == 0),
        "last" => JinjaBoolean.Of(Index == items.Count - 1),
        "length" => Number(items.Count),
        // Counts recursive loops only, which are not supported.
        "depth" => Number(1),
        "depth0" => Number(0),
        "previtem" => Index > 0 ? items[Index - 1] : new JinjaUndefined("There is no previous item."),
        "nextitem" => Index < items.Count - 1 ? items[Index + 1] : new JinjaUndefined("There is no next item."),
        "cycle" => new JinjaFunction("cycle", this, Cycle),
        "changed" => new JinjaFunction("changed", this, HasChanged),
        _ => null,
    };

    private static JinjaInteger Number(int value) => new(new BigInteger(value));

    private JinjaValue Cycle(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments) => arguments.Positional.Count > 0
        ? arguments.Positional[Index % arguments.Positional.Count]
        : throw new JinjaException("There is nothing to cycle through.");

    private JinjaBoolean HasChanged(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments)
    {
        JinjaList seen = new(arguments.Positional, JinjaListKind.Tuple);
        bool changed = _lastSeen is null || !JinjaOperators.AreEqual(run, _lastSeen, seen);
        _lastSeen = seen;
        return JinjaBoolean.Of(changed);
    }
}
