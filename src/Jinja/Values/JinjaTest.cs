using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>A test that the engine brings: <c>value is test(arguments)</c>.</summary>
/// <param name="run">The rendering that asks.</param>
/// <param name="value">The value.</param>
/// <param name="arguments">The arguments.</param>
/// <exception cref="JinjaException">The arguments do not fit.</exception>
internal delegate bool JinjaTest(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments);
