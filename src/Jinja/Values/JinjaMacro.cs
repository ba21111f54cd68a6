using CurKv.Jinja.Evaluation;
using CurKv.Jinja.Syntax;

namespace CurKv.Jinja.Values;

/// <summary>A macro, or the body of a call block, with the scope it was defined in.</summary>
/// <param name="name">Its name.</param>
/// <param name="parameters">Its parameters.</param>
/// <param name="body">Its statements.</param>
/// <param name="scope">The scope that its names are looked up in.</param>
internal sealed class JinjaMacro(string name, IReadOnlyList<JinjaParameter> parameters, IReadOnlyList<JinjaStatement> body, JinjaScope scope) : JinjaCallable
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string TypeName => "Macro";

    /// <inheritdoc/>
    public override JinjaValue? Attribute(string name) => name == "name" ? new JinjaString(Name) : null;

    /// <inheritdoc/>
    public override JinjaValue Call(JinjaInterpreter run, JinjaArguments arguments)
    {
        JinjaScope local = new(scope);
        int given = arguments.Positional.Count;
        run.Budget.Step(((long)arguments.Named.Count * parameters.Count) + given);
        local.Set("varargs", new JinjaList([.. arguments.Positional.Skip(parameters.Count)], JinjaListKind.Tuple));
        JinjaDict others = new();
        foreach ((string key, JinjaValue value) in arguments.Named)
        {
            if (key != "caller" && !parameters.Any(parameter => parameter.Name == key))
            {
                others.Items[new JinjaString(key)] = value;
            }
        }

        local.Set("kwargs", others);
        local.Set("caller", arguments.Named.GetValueOrDefault("caller") ?? new JinjaUndefined("'caller' is undefined: the macro was not called by a call block."));
        for (int i = 0; i < parameters.Count; i++)
        {
            JinjaParameter parameter = parameters[i];
            bool isNamed = arguments.Named.TryGetValue(parameter.Name, out JinjaValue? value);
            if (isNamed && i < given)
            {
                throw new JinjaException($"Macro '{Name}' got '{parameter.Name}' twice.");
            }

            // Defaults may name the parameters before them.
            local.Set(parameter.Name, i < given ? arguments.Positional[i] : value
                ?? (parameter.Default is null ? new JinjaUndefined($"Parameter '{parameter.Name}' was not provided.") : run.Evaluate(parameter.Default, local)));
        }

        return run.Capture(body, local);
    }
}
