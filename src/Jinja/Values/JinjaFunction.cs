using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>A function or a bound method that the engine brings.</summary>
/// <param name="name">Its name.</param>
/// <param name="subject">What a method is bound to; <c>none</c> of a function.</param>
/// <param name="body">What it does.</param>
internal sealed class JinjaFunction(string name, JinjaValue subject, JinjaBuiltin body) : JinjaCallable
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string TypeName => "builtin_function_or_method";

    /// <inheritdoc/>
    public override JinjaValue Call(JinjaInterpreter run, JinjaArguments arguments) => body(run, subject, arguments);
}
