using System.Globalization;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Prints values as Python's <c>str</c> and <c>repr</c> do.</summary>
internal static class JinjaPrinter
{
    /// <summary>A value as a string: strings as they are.</summary>
    public static JinjaString ToText(JinjaBudget budget, JinjaValue value)
    {
        if (value is JinjaString text)
        {
            return text;
        }

        JinjaStringBuilder builder = new(budget);
        Print(budget, builder, value);
        return builder.ToJinjaString();
    }

    /// <summary>Adds a value as <c>str</c> has it: strings as they are, nothing for what is undefined.</summary>
    public static void Print(JinjaBudget budget, JinjaStringBuilder builder, JinjaValue value)
    {
        if (value is JinjaString text)
        {
            builder.Append(text);
        }
        else if (value is not JinjaUndefined)
        {
            Represent(budget, builder, value);
        }
    }

    /// <summary>Adds a value as <c>repr</c> has it: strings as literals.</summary>
    public static void Represent(JinjaBudget budget, JinjaStringBuilder builder, JinjaValue value)
    {
        budget.Step();
        switch (value)
        {
            case JinjaString text:
                PythonText.AppendRepresentation(builder, text);
                break;
            case JinjaList list:
                PrintList(budget, builder, list);
                break;
            case JinjaDict dictionary:
                PrintDictionary(budget, builder, dictionary);
                break;
            case JinjaInteger integer:
                builder.Append(integer.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case JinjaFloat real:
                builder.Append(PythonText.Float(real.Value));
                break;
            default:
                builder.Append(value switch
                {
                    JinjaNone => "None",
                    JinjaUndefined => "Undefined",
                    JinjaBoolean => value.IsTrue ? "True" : "False",
                    JinjaMacro macro => $"<Macro '{macro.Name}'>",
                    JinjaCallable function => $"<built-in function {function.Name}>",
                    _ => $"<{value.TypeName}>",
                });
                break;
        }
    }

    private static void PrintList(JinjaBudget budget, JinjaStringBuilder builder, JinjaList list)
    {
        budget.Enter();
        int start = builder.Length;
        bool isTuple = list.Kind == JinjaListKind.Tuple;
        builder.Append(isTuple ? "(" : "[");
        for (int i = 0; i < list.Items.Count; i++)
        {
            builder.Append(i > 0 ? ", " : string.Empty);
            Represent(budget, builder, list.Items[i]);
        }

        builder.Append(isTuple ? list.Items.Count == 1 ? ",)" : ")" : "]");
        Mark(builder, start, list.Origin);
        budget.Leave();
    }

    private static void PrintDictionary(JinjaBudget budget, JinjaStringBuilder builder, JinjaDict dictionary)
    {
        budget.Enter();
        int start = builder.Length;
        string separator = "{";
        foreach ((JinjaValue key, JinjaValue value) in dictionary.Items)
        {
            builder.Append(separator);
            Represent(budget, builder, key);
            builder.Append(": ");
            Represent(budget, builder, value);
            separator = ", ";
        }

        builder.Append(dictionary.Items.Count == 0 ? "{}" : "}");
        Mark(builder, start, dictionary.Origin);
        budget.Leave();
    }

    private static void Mark(JinjaStringBuilder builder, int start, JinjaOrigin? origin)
    {
        if (origin is not null)
        {
            builder.MarkFrom(start, origin);
        }
    }
}
