using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>A function, method or filter that the engine brings.</summary>
/// <param name="run">The rendering that calls it.</param>
/// <param name="subject">What it is called on: a method's object, a filter's value; <c>none</c> of a function.</param>
/// <param name="arguments">The arguments.</param>
/// <exception cref="JinjaException">The arguments do not fit, or a limit is reached.</exception>
internal delegate JinjaValue JinjaBuiltin(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments);
