using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>A dictionary; keeps the order in which keys came.</summary>
/// <param name="origin">Where in the context it came from, if it did.</param>
internal sealed class JinjaDict(JinjaOrigin? origin = null) : JinjaValue
{
    /// <summary>The members.</summary>
    public OrderedDictionary<JinjaValue, JinjaValue> Items { get; } = new(JinjaKeyComparer.Instance);

    /// <summary>Where in the context it came from, if it did.</summary>
    public JinjaOrigin? Origin { get; } = origin;

    /// <inheritdoc/>
    public override string TypeName => "dict";

    /// <inheritdoc/>
    public override bool IsTrue => Items.Count > 0;

    /// <summary>A member.</summary>
    /// <returns>The member, or null where there is none.</returns>
    public JinjaValue? Get(JinjaBudget budget, JinjaValue key)
    {
        Pay(budget, key);
        return JinjaKeyComparer.IsHashable(key) && Items.TryGetValue(key, out JinjaValue? value) ? value : null;
    }

    /// <summary>Sets a member.</summary>
    /// <exception cref="JinjaException">The key is of a type that cannot be one.</exception>
    public void Set(JinjaBudget budget, JinjaValue key, JinjaValue value)
    {
        Pay(budget, key);
        Items[JinjaKeyComparer.IsHashable(key) ? key : throw new JinjaException($"A '{key.TypeName}' cannot be a dictionary's key.")] = value;
    }

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => JinjaDictMethods.Find(this, name);

    // A key is read as a whole: to hash it, and to compare it.
    private static void Pay(JinjaBudget budget, JinjaValue key)
    {
        if (key is JinjaString text)
        {
            budget.Scan(text.Text.Length);
        }
    }
}
