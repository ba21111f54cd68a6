using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>A value that can be called.</summary>
internal abstract class JinjaCallable : JinjaValue
{
    /// <summary>Its name.</summary>
    public abstract string Name { get; }

    /// <summary>Calls it.</summary>
    public abstract JinjaValue Call(JinjaInterpreter run, JinjaArguments arguments);
}
