using System.Numerics;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>The functions that every template has.</summary>
internal static class JinjaGlobals
{
    /// <summary>The scope around every template's variables. Never changed.</summary>
    public static JinjaScope Scope { get; } = CreateScope();

    private static JinjaScope CreateScope()
    {
        JinjaScope scope = new(null);
        foreach ((string name, JinjaBuiltin body) in new (string, JinjaBuiltin)[]
        {
            ("range", Range),
            ("dict", Dictionary),
            ("namespace", Namespace),
            ("raise_exception", Raise),
            ("strftime_now", FormatNow),
            ("joiner", Joiner),
            ("cycler", Cycler),
        })
        {
            scope.Set(name, new JinjaFunction(name, JinjaNone.Value, body));
        }

        return scope;
    }

    private static JinjaList Range(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments)
    {
        JinjaValue?[] bounds = arguments.Bind("start", "stop", "step");
        JinjaValue first = bounds[0] ?? throw new JinjaException("'range' needs an argument.");
        BigInteger start = bounds[1] is null ? BigInteger.Zero : JinjaNumbers.ToInteger(first);
        BigInteger stop = JinjaNumbers.ToInteger(bounds[1] ?? first);
        BigInteger step = bounds[2] is null ? BigInteger.One : JinjaNumbers.ToInteger(bounds[2]!);
        if (step.IsZero)
        {
            throw new JinjaException("The step of 'range' is zero.");
        }

        BigInteger count = BigInteger.Max((stop - start + step - step.Sign) / step, 0);
        run.Budget.Items((long)BigInteger.Min(count, long.MaxValue / 2));
        List<JinjaValue> items = new((int)count);
        for (int i = 0; i < count; i++)
        {
            items.Add(new JinjaInteger(start + (step * i)));
        }

        return new JinjaList(items);
    }

    private static JinjaDict Dictionary(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments)
    {
        JinjaDict result = new();
        JinjaDictMethods.Fill(run, result, arguments);
        return result;
    }

    private static JinjaNamespace Namespace(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments)
    {
        JinjaNamespace result = new();
        foreach ((JinjaValue key, JinjaValue value) in Dictionary(run, subject, arguments).Items)
        {
            result.Attributes[run.Text(key).Text] = value;
        }

        return result;
    }

    private static JinjaValue Raise(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments) =>
        throw new JinjaException(run.Text(arguments.Bind("message")[0] ?? JinjaNone.Value).Text) { IsRaisedByTemplate = true };

    private static JinjaString FormatNow(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments) =>
        arguments.Bind("format")[0] is JinjaString format
            ? PythonTime.Format(run.Budget, run.Clock.GetLocalNow(), format.Text)
            : throw new JinjaException("'strftime_now' needs a format.");

    // Nothing at the first call, the separator from then on.
    private static JinjaFunction Joiner(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments)
    {
        JinjaValue separator = arguments.Bind("sep")[0] ?? new JinjaString(", ");
        bool isUsed = false;
        return new JinjaFunction("joiner", JinjaNone.Value, (_, _, _) =>
        {
            JinjaValue result = isUsed ? separator : JinjaString.Empty;
            isUsed = true;
            return result;
        });
    }

    private static JinjaNamespace Cycler(JinjaInterpreter run, JinjaValue subject, JinjaArguments arguments)
    {
        if (arguments.Positional.Count == 0)
        {
            throw new JinjaException("'cycler' needs an argument.");
        }

        int at = 0;
        JinjaNamespace result = new();
        result.Attributes["current"] = arguments.Positional[0];
        result.Attributes["next"] = new JinjaFunction("next", JinjaNone.Value, (_, _, _) => Move(at, at + 1));
        result.Attributes["reset"] = new JinjaFunction("reset", JinjaNone.Value, (_, _, _) => Move(at, 0));
        return result;

        JinjaValue Move(int from, int to)
        {
            at = to % arguments.Positional.Count;
            result.Attributes["current"] = arguments.Positional[at];
            return arguments.Positional[from];
        }
    }
}
