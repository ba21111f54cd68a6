using System.Collections.Frozen;
using CurKv.Jinja.Syntax;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Jinja's tests.</summary>
internal static class JinjaTests
{
    private static readonly FrozenDictionary<string, JinjaTest> All = new Dictionary<string, JinjaTest>
    {
        ["defined"] = Of(value => value is not JinjaUndefined),
        ["undefined"] = Of(value => value is JinjaUndefined),
        ["none"] = Of(value => value is JinjaNone),
        ["true"] = Of(value => value is JinjaBoolean && value.IsTrue),
        ["false"] = Of(value => value is JinjaBoolean && !value.IsTrue),
        ["boolean"] = Of(value => value is JinjaBoolean),
        ["integer"] = Of(value => value is JinjaInteger),
        ["float"] = Of(value => value is JinjaFloat),
        ["number"] = Of(JinjaNumbers.IsNumber),
        ["string"] = Of(value => value is JinjaString),
        ["mapping"] = Of(value => value is JinjaDict),
        ["iterable"] = Of(value => value is JinjaString or JinjaList or JinjaDict or JinjaUndefined or JinjaLoop),
        ["sequence"] = Of(value => value is JinjaString or JinjaDict or JinjaUndefined or JinjaList { Kind: not JinjaListKind.Generator }),
        ["callable"] = Of(value => value is JinjaCallable),
        ["escaped"] = Of(_ => false),
        ["lower"] = (run, value, _) => IsCased(run.Text(value).Text, char.IsUpper, char.IsLower),
        ["upper"] = (run, value, _) => IsCased(run.Text(value).Text, char.IsLower, char.IsUpper),
        ["odd"] = (run, value, _) => !IsDivisible(run, value, 2),
        ["even"] = (run, value, _) => IsDivisible(run, value, 2),
        ["divisibleby"] = (run, value, arguments) => IsDivisible(run, value, JinjaNumbers.ToIndex(Operand(arguments))),
        ["sameas"] = (_, value, arguments) => Operand(arguments) is var other && (ReferenceEquals(value, other)
            || (value.GetType() == other.GetType() && JinjaKeyComparer.Instance.Equals(value, other))),
        ["filter"] = (_, value, _) => value is JinjaString name && JinjaFilters.Find(name.Text) is not null,
        ["test"] = (_, value, _) => value is JinjaString name && Find(name.Text) is not null,
        ["in"] = (run, value, arguments) => JinjaOperators.Contains(run, Operand(arguments), value),
        ["eq"] = Of(JinjaOperator.Equal),
        ["equalto"] = Of(JinjaOperator.Equal),
        ["=="] = Of(JinjaOperator.Equal),
        ["ne"] = Of(JinjaOperator.NotEqual),
        ["!="] = Of(JinjaOperator.NotEqual),
        ["lt"] = Of(JinjaOperator.Less),
        ["lessthan"] = Of(JinjaOperator.Less),
        ["<"] = Of(JinjaOperator.Less),
        ["le"] = Of(JinjaOperator.LessOrEqual),
        ["<="] = Of(JinjaOperator.LessOrEqual),
        ["gt"] = Of(JinjaOperator.Greater),
        ["greaterthan"] = Of(JinjaOperator.Greater),
        [">"] = Of(JinjaOperator.Greater),
        ["ge"] = Of(JinjaOperator.GreaterOrEqual),
        [">="] = Of(JinjaOperator.GreaterOrEqual),
    }.ToFrozenDictionary();

    /// <summary>Finds a test.</summary>
    /// <returns>The test, or null where there is none of this name.</returns>
    public static JinjaTest? Find(string name) => All.GetValueOrDefault(name);

    private static JinjaTest Of(Predicate<JinjaValue> test) => (_, value, _) => test(value);

    private static JinjaTest Of(JinjaOperator operation) => (run, value, arguments) => JinjaOperators.Compare(run, operation, value, Operand(arguments));

    private static JinjaValue Operand(JinjaArguments arguments) =>
        arguments.Bind("other")[0] ?? throw new JinjaException("The test needs something to compare with.");

    private static bool IsDivisible(JinjaInterpreter run, JinjaValue value, int divisor) =>
        !JinjaOperators.Calculate(run, JinjaOperator.Modulo, value, new JinjaInteger(divisor)).IsTrue;

    private static bool IsCased(string text, Func<char, bool> excluded, Func<char, bool> needed) => text.Any(needed) && !text.Any(excluded);
}
