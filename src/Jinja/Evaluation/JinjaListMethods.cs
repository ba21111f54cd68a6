using System.Collections.Frozen;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>The methods of Python's lists. They change copies that one rendering owns, never the caller's context.</summary>
internal static class JinjaListMethods
{
    private static readonly FrozenDictionary<string, JinjaBuiltin> All = new Dictionary<string, JinjaBuiltin>
    {
        ["append"] = (run, list, arguments) => Add(run, list, int.MaxValue, Required(arguments, 0)),
        ["insert"] = (run, list, arguments) => Add(run, list, JinjaNumbers.ToIndex(Required(arguments, 0)), Required(arguments, 1)),
        ["extend"] = Extend,
        ["pop"] = Pop,
        ["index"] = Index,
        ["count"] = (run, list, arguments) => new JinjaInteger(run.Iterate(list).Count(item => JinjaOperators.AreEqual(run, item, Required(arguments, 0)))),
        ["copy"] = (run, list, _) => new JinjaList([.. run.Iterate(list)]),
        ["reverse"] = Reverse,
    }.ToFrozenDictionary();

    // Tuples cannot be changed.
    private static readonly FrozenSet<string> OfTuples = ["index", "count"];

    /// <summary>Finds a method.</summary>
    /// <returns>The method, bound to the list, or null where there is none of this name.</returns>
    public static JinjaFunction? Find(JinjaList list, string name) =>
        All.TryGetValue(name, out JinjaBuiltin? method) && (list.Kind == JinjaListKind.List || OfTuples.Contains(name)) ? new JinjaFunction(name, list, method) : null;

    private static List<JinjaValue> Of(JinjaValue list) => ((JinjaList)list).Items;

    private static JinjaValue Required(JinjaArguments arguments, int index) =>
        index < arguments.Positional.Count ? arguments.Positional[index] : throw new JinjaException("The method lacks an argument.");

    private static JinjaNone Add(JinjaInterpreter run, JinjaValue list, int index, JinjaValue item)
    {
        List<JinjaValue> items = Of(list);
        run.Budget.Item(items.Count + 1);
        run.Budget.Step(index < items.Count ? items.Count : 0);
        items.Insert(Math.Clamp(index < 0 ? index + items.Count : index, 0, items.Count), item);
        return JinjaNone.Value;
    }

    private static JinjaNone Extend(JinjaInterpreter run, JinjaValue list, JinjaArguments arguments)
    {
        List<JinjaValue> added = run.Iterate(Required(arguments, 0));
        run.Budget.Items((long)Of(list).Count + added.Count);
        Of(list).AddRange([.. added]);
        return JinjaNone.Value;
    }

    private static JinjaValue Pop(JinjaInterpreter run, JinjaValue list, JinjaArguments arguments)
    {
        List<JinjaValue> items = Of(list);
        int index = arguments.Bind("index")[0] is { } given ? JinjaNumbers.ToIndex(given) : -1;
        int at = index < 0 ? index + items.Count : index;
        if (at < 0 || at >= items.Count)
        {
            throw new JinjaException("There is no such item to take from the list.");
        }

        run.Budget.Items(items.Count);
        JinjaValue item = items[at];
        items.RemoveAt(at);
        return item;
    }

    private static JinjaInteger Index(JinjaInterpreter run, JinjaValue list, JinjaArguments arguments)
    {
        run.Budget.Items(Of(list).Count);
        int found = Of(list).FindIndex(item => JinjaOperators.AreEqual(run, item, Required(arguments, 0)));
        return found >= 0 ? new JinjaInteger(found) : throw new JinjaException("The value is not in the list.");
    }

    private static JinjaNone Reverse(JinjaInterpreter run, JinjaValue list, JinjaArguments arguments)
    {
        run.Budget.Items(Of(list).Count);
        Of(list).Reverse();
        return JinjaNone.Value;
    }
}
