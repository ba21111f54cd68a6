using System.Globalization;
using CurKv.Jinja.Syntax;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <content>The filters on lists.</content>
internal static partial class JinjaFilters
{
    private static JinjaValue End(JinjaInterpreter run, JinjaValue value, int index) => value switch
    {
        JinjaString text => JinjaSlices.Item(run.Budget, text, index),
        _ => JinjaSlices.Item(new JinjaList(run.Iterate(value)), index),
    } ?? new JinjaUndefined("An empty sequence has neither a first nor a last item.");

    private static JinjaList Items(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments) => value switch
    {
        JinjaDict dictionary => new JinjaList(JinjaDictMethods.Pairs(run, dictionary), JinjaListKind.Generator),
        JinjaUndefined => new JinjaList([], JinjaListKind.Generator),
        _ => throw new JinjaException($"A '{value.TypeName}' has no items: only a dictionary has."),
    };

    private static JinjaValue Reverse(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments) => value is JinjaString
        ? JinjaSlices.Slice(run.Budget, value, null, null, -1)
        : new JinjaList([.. Enumerable.Reverse(run.Iterate(value))], JinjaListKind.Generator);

    private static JinjaString Join(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("d", "attribute");
        JinjaString separator = run.Text(values[0] ?? JinjaString.Empty);
        List<JinjaValue> items = run.Iterate(value);
        return JinjaStringMethods.Join(run, separator, items.ConvertAll(item => (JinjaValue)run.Text(Key(run, item, values[1]))));
    }

    private static JinjaList Map(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        List<JinjaValue> items = Chosen(run, value);
        if (arguments.Positional.Count == 0)
        {
            JinjaValue?[] values = arguments.Bind("attribute", "default");
            JinjaValue attribute = values[0] ?? throw new JinjaException("'map' needs a filter's name or an attribute.");
            return new JinjaList(items.ConvertAll(item => Key(run, item, attribute) is var found && found is JinjaUndefined ? values[1] ?? found : found), JinjaListKind.Generator);
        }

        string filter = run.Text(arguments.Positional[0]).Text;
        run.Budget.Items(arguments.Positional.Count);
        JinjaArguments rest = arguments.Skip(1);
        return new JinjaList(items.ConvertAll(item => run.Filter(filter, item, rest)), JinjaListKind.Generator);
    }

    private static JinjaList Select(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments, bool byAttribute, bool wanted)
    {
        if (byAttribute && arguments.Positional.Count == 0)
        {
            throw new JinjaException("An attribute's name is needed.");
        }

        JinjaValue? attribute = byAttribute ? arguments.Positional[0] : null;
        JinjaArguments rest = byAttribute ? arguments.Skip(1) : arguments;
        string? test = rest.Positional.Count > 0 ? run.Text(rest.Positional[0]).Text : null;
        JinjaArguments operands = test is null ? rest : rest.Skip(1);
        return new JinjaList(Chosen(run, value).FindAll(Holds), JinjaListKind.Generator);

        bool Holds(JinjaValue item)
        {
            JinjaValue tested = Key(run, item, attribute);
            return (test is null ? tested.IsTrue : run.Test(test, tested, operands)) == wanted;
        }
    }

    // As Jinja has it for these filters: whatever counts as false, none too, is empty.
    private static List<JinjaValue> Chosen(JinjaInterpreter run, JinjaValue value) => value.IsTrue ? run.Iterate(value) : [];

    // What an item is judged by: an attribute, perhaps of an attribute ("function.name"), or itself.
    private static JinjaValue Key(JinjaInterpreter run, JinjaValue item, JinjaValue? attribute)
    {
        run.Budget.Step();
        switch (attribute)
        {
            case null or JinjaNone:
                return item;
            case JinjaString path:
                JinjaValue value = item;
                foreach (string part in path.Text.Split('.'))
                {
                    run.Budget.Step();
                    bool isIndex = int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
                    value = run.GetItem(value, isIndex ? new JinjaInteger(index) : new JinjaString(part));
                }

                return value;
            default:
                return run.GetItem(item, attribute);
        }
    }

    // Jinja ignores case where it is not told otherwise.
    private static JinjaValue Folded(JinjaInterpreter run, JinjaValue value, JinjaValue? caseSensitive) => value is JinjaString text && caseSensitive?.IsTrue != true
        ? JinjaStringMethods.Change(run, text, letters => letters.ToLowerInvariant())
        : value;

    private static List<JinjaValue> Sorted(JinjaInterpreter run, List<JinjaValue> items, Func<JinjaValue, JinjaValue> key, bool reverse)
    {
        Comparer<JinjaValue> order = Comparer<JinjaValue>.Create((left, right) =>
        {
            run.Budget.Step();
            return JinjaOperators.Order(run, left, right) ?? 0;
        });
        try
        {
            // Stable, in both directions.
            return [.. reverse ? items.OrderByDescending(key, order) : items.OrderBy(key, order)];
        }
        catch (InvalidOperationException error) when (error.InnerException is JinjaException inner)
        {
            throw inner;
        }
    }

    private static JinjaList Sort(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("reverse", "case_sensitive", "attribute");
        JinjaValue?[] attributes = values[2] is JinjaString several ? [.. several.Text.Split(',').Select(name => new JinjaString(name))] : [values[2]];
        return new JinjaList(Sorted(run, run.Iterate(value), SortKey, values[0]?.IsTrue == true));

        // Always a list, as in Jinja: what is equal need not have an order then.
        JinjaValue SortKey(JinjaValue item) => new JinjaList([.. attributes.Select(attribute => Folded(run, Key(run, item, attribute), values[1]))]);
    }

    private static JinjaList DictionarySort(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("case_sensitive", "by", "reverse");
        JinjaDict dictionary = value as JinjaDict ?? throw new JinjaException($"'dictsort' takes a dictionary, not a '{value.TypeName}'.");
        int part = (values[1] as JinjaString)?.Text == "value" ? 1 : 0;
        return new JinjaList(Sorted(run, JinjaDictMethods.Pairs(run, dictionary), pair => Folded(run, ((JinjaList)pair).Items[part], values[0]), values[2]?.IsTrue == true));
    }

    private static JinjaList Unique(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("case_sensitive", "attribute");
        HashSet<JinjaValue> seen = new(JinjaKeyComparer.Instance);
        return new JinjaList(
            run.Iterate(value).FindAll(item => Folded(run, Key(run, item, values[1]), values[0]) is var key && JinjaKeyComparer.IsHashable(key)
                ? seen.Add(key)
                : throw new JinjaException($"'unique' cannot compare a '{key.TypeName}'.")),
            JinjaListKind.Generator);
    }

    // Pairs of what is common and the items that have it.
    private static JinjaList GroupBy(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("attribute", "default", "case_sensitive");
        List<JinjaValue> groups = [];
        JinjaValue? last = null;
        foreach (JinjaValue item in Sorted(run, run.Iterate(value), item => Folded(run, Grouper(item), values[2]), reverse: false))
        {
            JinjaValue grouper = Grouper(item);
            JinjaValue key = Folded(run, grouper, values[2]);
            if (last is null || !JinjaOperators.AreEqual(run, last, key))
            {
                groups.Add(new JinjaList([grouper, new JinjaList([])], JinjaListKind.Tuple));
                last = key;
            }

            ((JinjaList)((JinjaList)groups[^1]).Items[1]).Items.Add(item);
        }

        return new JinjaList(groups);

        JinjaValue Grouper(JinjaValue item) => Key(run, item, values[0]) is var found && found is JinjaUndefined ? values[1] ?? found : found;
    }

    private static JinjaValue Sum(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments)
    {
        JinjaValue?[] values = arguments.Bind("attribute", "start");
        JinjaValue sum = values[1] ?? new JinjaInteger(0);
        foreach (JinjaValue item in run.Iterate(value))
        {
            sum = JinjaOperators.Calculate(run, JinjaOperator.Add, sum, Key(run, item, values[0]));
        }

        return sum;
    }

    private static JinjaValue Extreme(JinjaInterpreter run, JinjaValue value, JinjaArguments arguments, int sign)
    {
        JinjaValue?[] values = arguments.Bind("case_sensitive", "attribute");
        JinjaValue? best = null;
        JinjaValue? bestKey = null;
        foreach (JinjaValue item in run.Iterate(value))
        {
            JinjaValue key = Folded(run, Key(run, item, values[1]), values[0]);
            if (bestKey is null || JinjaOperators.Order(run, key, bestKey) * sign > 0)
            {
                (best, bestKey) = (item, key);
            }
        }

        return best ?? new JinjaUndefined("An empty sequence has no smallest or largest item.");
    }
}
