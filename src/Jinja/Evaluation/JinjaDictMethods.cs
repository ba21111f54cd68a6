using System.Collections.Frozen;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>The methods of Python's dictionaries. They change copies that one rendering owns, never the caller's context.</summary>
internal static class JinjaDictMethods
{
    private static readonly FrozenDictionary<string, JinjaBuiltin> All = new Dictionary<string, JinjaBuiltin>
    {
        ["keys"] = (run, dictionary, _) => new JinjaList([.. run.Iterate(dictionary)]),
        ["values"] = (run, dictionary, _) => new JinjaList(Values(run, (JinjaDict)dictionary)),
        ["items"] = (run, dictionary, _) => new JinjaList(Pairs(run, (JinjaDict)dictionary)),
        ["get"] = Get,
        ["pop"] = Pop,
        ["update"] = Update,
        ["setdefault"] = SetDefault,
        ["copy"] = Copy,
    }.ToFrozenDictionary();

    /// <summary>Finds a method.</summary>
    /// <returns>The method, bound to the dictionary, or null where there is none of this name.</returns>
    public static JinjaFunction? Find(JinjaDict dictionary, string name) => All.TryGetValue(name, out JinjaBuiltin? method) ? new JinjaFunction(name, dictionary, method) : null;

    /// <summary>A dictionary's members as tuples.</summary>
    public static List<JinjaValue> Pairs(JinjaInterpreter run, JinjaDict dictionary)
    {
        run.Budget.Items(dictionary.Items.Count);
        return [.. dictionary.Items.Select(member => new JinjaList([member.Key, member.Value], JinjaListKind.Tuple))];
    }

    /// <summary>Adds members as the function <c>dict</c> takes them: another dictionary or pairs, and named arguments.</summary>
    public static void Fill(JinjaInterpreter run, JinjaDict dictionary, JinjaArguments arguments)
    {
        foreach (JinjaValue source in arguments.Positional)
        {
            foreach (JinjaValue pair in source is JinjaDict other ? Pairs(run, other) : run.Iterate(source))
            {
                List<JinjaValue> parts = run.Iterate(pair);
                dictionary.Set(run.Budget, parts is [var key, _] ? key : throw new JinjaException("A dictionary is made of pairs."), parts[1]);
            }
        }

        foreach ((string name, JinjaValue value) in arguments.Named)
        {
            dictionary.Set(run.Budget, new JinjaString(name), value);
        }
    }

    private static List<JinjaValue> Values(JinjaInterpreter run, JinjaDict dictionary)
    {
        run.Budget.Items(dictionary.Items.Count);
        return [.. dictionary.Items.Values];
    }

    private static JinjaValue Key(JinjaArguments arguments) =>
        arguments.Positional.Count > 0 ? arguments.Positional[0] : throw new JinjaException("The method lacks a key.");

    private static JinjaValue Get(JinjaInterpreter run, JinjaValue dictionary, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("key", "default");
        return ((JinjaDict)dictionary).Get(run.Budget, Key(arguments)) ?? values[1] ?? JinjaNone.Value;
    }

    private static JinjaValue Pop(JinjaInterpreter run, JinjaValue dictionary, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("key", "default");
        JinjaDict owner = (JinjaDict)dictionary;
        JinjaValue result = owner.Get(run.Budget, Key(arguments)) ?? values[1] ?? throw new JinjaException("The dictionary has no such key.");
        run.Budget.Items(owner.Items.Count);
        _ = JinjaKeyComparer.IsHashable(Key(arguments)) && owner.Items.Remove(Key(arguments));
        return result;
    }

    private static JinjaNone Update(JinjaInterpreter run, JinjaValue dictionary, JinjaArguments arguments)
    {
        Fill(run, (JinjaDict)dictionary, arguments);
        return JinjaNone.Value;
    }

    private static JinjaValue SetDefault(JinjaInterpreter run, JinjaValue dictionary, JinjaArguments arguments)
    {
        JinjaValue value = Get(run, dictionary, arguments);
        ((JinjaDict)dictionary).Set(run.Budget, Key(arguments), value);
        return value;
    }

    private static JinjaDict Copy(JinjaInterpreter run, JinjaValue dictionary, JinjaArguments arguments)
    {
        JinjaDict result = new();
        Fill(run, result, new JinjaArguments([dictionary], []));
        return result;
    }
}
