using CurKv.Jinja.Syntax;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>The operators on all types.</summary>
internal static class JinjaOperators
{
    /// <summary>Applies an arithmetic operator.</summary>
    public static JinjaValue Calculate(JinjaInterpreter run, JinjaOperator operation, JinjaValue left, JinjaValue right)
    {
        if (JinjaNumbers.IsNumber(left) && JinjaNumbers.IsNumber(right))
        {
            return JinjaNumbers.Calculate(run.Budget, operation, left, right);
        }

        return (operation, left, right) switch
        {
            (_, JinjaUndefined undefined, _) => throw undefined.Error(),
            (_, _, JinjaUndefined undefined) => throw undefined.Error(),
            (JinjaOperator.Add, JinjaString first, JinjaString second) => Concatenate(run.Budget, first, second),
            (JinjaOperator.Add, JinjaList first, JinjaList second) when first.Kind == second.Kind => Concatenate(run.Budget, first, second),
            (JinjaOperator.Multiply, JinjaString or JinjaList, JinjaInteger or JinjaBoolean) => Repeat(run.Budget, left, JinjaNumbers.ToIndex(right)),
            (JinjaOperator.Multiply, JinjaInteger or JinjaBoolean, JinjaString or JinjaList) => Repeat(run.Budget, right, JinjaNumbers.ToIndex(left)),
            (JinjaOperator.Modulo, JinjaString format, _) => PythonFormat.Percent(run, format, right is JinjaList { Kind: JinjaListKind.Tuple } tuple ? tuple.Items : [right], right as JinjaDict),
            _ => throw new JinjaException($"Operator '{Symbol(operation)}' does not take a '{left.TypeName}' and a '{right.TypeName}'."),
        };
    }

    /// <summary>Applies a comparison.</summary>
    public static bool Compare(JinjaInterpreter run, JinjaOperator operation, JinjaValue left, JinjaValue right) => operation switch
    {
        JinjaOperator.Equal => AreEqual(run, left, right),
        JinjaOperator.NotEqual => !AreEqual(run, left, right),
        JinjaOperator.In => Contains(run, right, left),
        JinjaOperator.NotIn => !Contains(run, right, left),
        JinjaOperator.Less => Order(run, left, right) < 0,
        JinjaOperator.LessOrEqual => Order(run, left, right) <= 0,
        JinjaOperator.Greater => Order(run, left, right) > 0,
        _ => Order(run, left, right) >= 0,
    };

    /// <summary>Whether two values are equal.</summary>
    public static bool AreEqual(JinjaInterpreter run, JinjaValue left, JinjaValue right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        switch (left, right)
        {
            case (JinjaString first, JinjaString second):
                run.Budget.Scan(first.Text.Length);
                return first.Text == second.Text;
            case (JinjaUndefined, JinjaUndefined):
                return true;
            case (JinjaList first, JinjaList second):
                return first.Kind == second.Kind && first.Items.Count == second.Items.Count && AreAllEqual(run, first.Items, second.Items);
            case (JinjaDict first, JinjaDict second):
                return first.Items.Count == second.Items.Count && AreAllEqual(run, first, second);
            default:
                return JinjaNumbers.IsNumber(left) && JinjaNumbers.IsNumber(right) && JinjaNumbers.Compare(left, right) == 0;
        }
    }

    /// <summary>The order of two values.</summary>
    /// <returns>As comparers have it; null where there is none (NaN).</returns>
    /// <exception cref="JinjaException">The types have no order.</exception>
    public static int? Order(JinjaInterpreter run, JinjaValue left, JinjaValue right)
    {
        switch (left, right)
        {
            case (JinjaString first, JinjaString second):
                run.Budget.Scan(first.Text.Length);
                return string.CompareOrdinal(first.Text, second.Text);
            case (JinjaList first, JinjaList second) when first.Kind == second.Kind:
                return Order(run, first.Items, second.Items);
            case (JinjaUndefined undefined, _):
                throw undefined.Error();
            case (_, JinjaUndefined undefined):
                throw undefined.Error();
            case var _ when JinjaNumbers.IsNumber(left) && JinjaNumbers.IsNumber(right):
                return JinjaNumbers.Compare(left, right);
            default:
                throw new JinjaException($"A '{left.TypeName}' and a '{right.TypeName}' have no order.");
        }
    }

    /// <summary>Whether a container holds a value: a string a part, a list an item, a dictionary a key.</summary>
    public static bool Contains(JinjaInterpreter run, JinjaValue container, JinjaValue value)
    {
        switch (container)
        {
            case JinjaString text:
                run.Budget.Search(text.Text.Length, (value as JinjaString)?.Text.Length ?? 0);
                return value is JinjaString part ? text.Text.Contains(part.Text, StringComparison.Ordinal)
                    : throw (value is JinjaUndefined undefined ? undefined.Error() : new JinjaException($"A string cannot hold a '{value.TypeName}'."));
            case JinjaDict dictionary:
                return dictionary.Get(run.Budget, value) is not null;
            case JinjaUndefined:
                return false;
            case JinjaList list:
                run.Budget.Step(list.Items.Count);
                return list.Items.Exists(item => AreEqual(run, item, value));
            default:
                throw new JinjaException($"A '{container.TypeName}' holds nothing: 'in' cannot look into it.");
        }
    }

    /// <summary>Puts two strings together.</summary>
    public static JinjaString Concatenate(JinjaBudget budget, JinjaString left, JinjaString right)
    {
        if (left.Text.Length == 0 || right.Text.Length == 0)
        {
            return left.Text.Length == 0 ? right : left;
        }

        if (left.Sources.IsEmpty && right.Sources.IsEmpty)
        {
            budget.Characters(left.Text.Length + right.Text.Length);
            return new JinjaString(left.Text + right.Text);
        }

        JinjaStringBuilder result = new(budget);
        result.Append(left);
        result.Append(right);
        return result.ToJinjaString();
    }

    private static JinjaList Concatenate(JinjaBudget budget, JinjaList left, JinjaList right)
    {
        budget.Items((long)left.Items.Count + right.Items.Count);
        return new JinjaList([.. left.Items, .. right.Items], left.Kind);
    }

    private static JinjaValue Repeat(JinjaBudget budget, JinjaValue value, int count)
    {
        int times = Math.Max(count, 0);
        if (value is JinjaList list)
        {
            budget.Items((long)list.Items.Count * times);
            return new JinjaList([.. Enumerable.Repeat(list.Items, times).SelectMany(items => items)], list.Kind);
        }

        JinjaString text = (JinjaString)value;
        budget.Characters(0, (long)text.Text.Length * times);
        budget.Scan(times);
        JinjaStringBuilder result = new(budget);
        for (int i = 0; i < times && text.Text.Length > 0; i++)
        {
            result.Append(text);
        }

        return result.ToJinjaString();
    }

    private static bool AreAllEqual(JinjaInterpreter run, List<JinjaValue> left, List<JinjaValue> right)
    {
        run.Budget.Enter();
        bool equal = true;
        for (int i = 0; equal && i < left.Count; i++)
        {
            run.Budget.Step();
            equal = AreEqual(run, left[i], right[i]);
        }

        run.Budget.Leave();
        return equal;
    }

    private static bool AreAllEqual(JinjaInterpreter run, JinjaDict left, JinjaDict right)
    {
        run.Budget.Enter();
        bool equal = true;
        foreach ((JinjaValue key, JinjaValue value) in left.Items)
        {
            run.Budget.Step();
            equal = equal && right.Get(run.Budget, key) is { } other && AreEqual(run, value, other);
        }

        run.Budget.Leave();
        return equal;
    }

    private static int? Order(JinjaInterpreter run, List<JinjaValue> left, List<JinjaValue> right)
    {
        run.Budget.Enter();
        int? order = left.Count.CompareTo(right.Count);
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            run.Budget.Step();
            if (!AreEqual(run, left[i], right[i]))
            {
                order = Order(run, left[i], right[i]);
                break;
            }
        }

        run.Budget.Leave();
        return order;
    }

    private static string Symbol(JinjaOperator operation) => operation switch
    {
        JinjaOperator.Add => "+",
        JinjaOperator.Subtract => "-",
        JinjaOperator.Multiply => "*",
        JinjaOperator.Divide => "/",
        JinjaOperator.FloorDivide => "//",
        JinjaOperator.Modulo => "%",
        _ => "**",
    };
}
