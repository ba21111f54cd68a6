using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Variables by name, within those of an outer scope. What is set here is not seen outside.</summary>
/// <param name="outer">The outer scope, if there is one.</param>
internal sealed class JinjaScope(JinjaScope? outer)
{
    private Dictionary<string, JinjaValue>? _variables;

    /// <summary>Finds a variable, here or outside.</summary>
    /// <returns>Its value, or null where there is none.</returns>
    public JinjaValue? Find(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._variables?.TryGetValue(name, out JinjaValue? value) == true)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Sets a variable here.</summary>
    public void Set(string name, JinjaValue value) => (_variables ??= [])[name] = value;

    private JinjaScope? Outer => outer;
}
