using System.Text.Json.Nodes;
using CurKv.Jinja.Syntax;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>One rendering: runs statements and evaluates expressions. Not thread-safe.</summary>
internal sealed class JinjaInterpreter
{
    private readonly string _source;
    private readonly JinjaLimits _limits;

    // Where an error belongs that is found next.
    private int _position;
    private JinjaStringBuilder _output;

    /// <summary>Prepares a rendering.</summary>
    /// <param name="source">The template's source, to place errors in.</param>
    /// <param name="clock">The time of <c>strftime_now</c>.</param>
    /// <param name="limits">What it may use up.</param>
    public JinjaInterpreter(string source, TimeProvider clock, JinjaLimits limits)
    {
        _source = source;
        _limits = limits;
        Clock = clock;
        Budget = new JinjaBudget(limits);
        _output = new JinjaStringBuilder(Budget, limits.OutputCharacters);
    }

    /// <summary>What the rendering may use up yet.</summary>
    public JinjaBudget Budget { get; }

    /// <summary>The time of <c>strftime_now</c>.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Renders a template, once.</summary>
    /// <exception cref="JinjaException">An error, a limit, or the template's own refusal; with its place.</exception>
    public JinjaOutput Render(IReadOnlyList<JinjaStatement> body, JsonObject context)
    {
        try
        {
            JinjaScope variables = new(JinjaGlobals.Scope);
            JinjaContextReader reader = new(Budget);
            foreach ((string name, JsonNode? value) in context)
            {
                variables.Set(name, reader.Read(value, new JinjaOrigin(null, name)));
            }

            Execute(body, new JinjaScope(variables));
            return _output.ToOutput();
        }
        catch (JinjaException error)
        {
            throw error.At(_source, _position);
        }
    }

    /// <summary>Runs statements and gives what they print, instead of printing it.</summary>
    public JinjaString Capture(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        JinjaStringBuilder outer = _output;
        _output = new JinjaStringBuilder(Budget);
        Execute(body, scope);
        JinjaString text = _output.ToJinjaString();
        _output = outer;
        return text;
    }

    /// <summary>Evaluates an expression.</summary>
    public JinjaValue Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        Budget.Step();
        switch (expression)
        {
            case JinjaExpression.Literal literal:
                return literal.Value;
            case JinjaExpression.Name name:
                return scope.Find(name.Variable) ?? new JinjaUndefined($"'{name.Variable}' is undefined.");
        }

        _position = expression.Position;
        Budget.Enter();
        JinjaValue value = expression switch
        {
            JinjaExpression.Attribute attribute => EvaluateAttribute(attribute, scope),
            JinjaExpression.Subscript subscript => EvaluateSubscript(subscript, scope),
            JinjaExpression.Comparison comparison => JinjaBoolean.Of(EvaluateComparison(comparison, scope)),
            JinjaExpression.Logical logical => EvaluateLogical(logical, scope),
            JinjaExpression.Not not => JinjaBoolean.Of(!Evaluate(not.Operand, scope).IsTrue),
            JinjaExpression.Binary binary => EvaluateBinary(binary, scope),
            JinjaExpression.Concatenation concatenation => EvaluateConcatenation(concatenation, scope),
            JinjaExpression.Test test => JinjaBoolean.Of(EvaluateTest(test, scope)),
            JinjaExpression.Filter filter => EvaluateFilter(filter, Evaluate(filter.Target!, scope), scope),
            JinjaExpression.Call call => EvaluateCall(call, scope, null),
            JinjaExpression.Conditional conditional => EvaluateConditional(conditional, scope),
            JinjaExpression.Slice slice => EvaluateSlice(slice, scope),
            JinjaExpression.Sign sign => EvaluateSign(sign, scope),
            JinjaExpression.Sequence sequence => EvaluateSequence(sequence, scope),
            _ => EvaluateMapping((JinjaExpression.Mapping)expression, scope),
        };
        Budget.Leave();
        return value;
    }

    /// <summary>Applies a filter by its name.</summary>
    /// <remarks>A level of its own: a filter may apply another, as <c>map('map', …)</c> does.</remarks>
    public JinjaValue Filter(string name, JinjaValue value, JinjaArguments arguments)
    {
        JinjaBuiltin filter = JinjaFilters.Find(name) ?? throw new JinjaException($"There is no filter '{name}'.");
        Budget.Enter();
        JinjaValue result = filter(this, value, arguments);
        Budget.Leave();
        return result;
    }

    /// <summary>Applies a test by its name.</summary>
    public bool Test(string name, JinjaValue value, JinjaArguments arguments) =>
        (JinjaTests.Find(name) ?? throw new JinjaException($"There is no test '{name}'."))(this, value, arguments);

    /// <summary>Looks up <c>value.name</c>: attributes and methods first, then a dictionary's members.</summary>
    public JinjaValue GetAttribute(JinjaValue value, JinjaString name) => value is JinjaUndefined undefined
        ? throw undefined.Error()
        : value.Attribute(name.Text) ?? (value as JinjaDict)?.Get(Budget, name) ?? Missing(value, name);

    /// <summary>Looks up <c>value[key]</c>: members and items first, then attributes and methods.</summary>
    public JinjaValue GetItem(JinjaValue value, JinjaValue key)
    {
        JinjaValue? item = value switch
        {
            JinjaUndefined undefined => throw undefined.Error(),
            JinjaDict dictionary => dictionary.Get(Budget, key),
            JinjaList list when key is JinjaInteger or JinjaBoolean => JinjaSlices.Item(list, JinjaNumbers.ToIndex(key)),
            JinjaString text when key is JinjaInteger or JinjaBoolean => JinjaSlices.Item(Budget, text, JinjaNumbers.ToIndex(key)),
            _ => null,
        };
        return item ?? (key is JinjaString name ? value.Attribute(name.Text) : null) ?? Missing(value, key);
    }

    /// <summary>What a loop over a value goes through.</summary>
    /// <exception cref="JinjaException">It cannot be looped over.</exception>
    public List<JinjaValue> Iterate(JinjaValue value)
    {
        switch (value)
        {
            case JinjaList list:
                Budget.Items(list.Items.Count);
                return list.Items;
            case JinjaDict dictionary:
                Budget.Items(dictionary.Items.Count);
                return [.. dictionary.Items.Keys];
            case JinjaString text:
                Budget.Items(text.Text.Length);
                return JinjaSlices.Characters(Budget, text);
            case JinjaUndefined:
                return [];
            default:
                throw new JinjaException($"A '{value.TypeName}' cannot be looped over.");
        }
    }

    /// <summary>A value as a string, as it prints.</summary>
    public JinjaString Text(JinjaValue value) => JinjaPrinter.ToText(Budget, value);

    private static JinjaUndefined Missing(JinjaValue value, JinjaValue key) => new(key is JinjaString name
        ? $"A '{value.TypeName}' has no attribute '{Shown(name.Text)}'."
        : $"A '{value.TypeName}' has no such item.");

    private static string Shown(string text) => text.Length > 50 ? text[..50] + "…" : text;

    // What a block prints, through filters. A loop, so that their number does not matter to the stack.
    private JinjaValue Capture(IReadOnlyList<JinjaStatement> body, IReadOnlyList<JinjaExpression.Filter> filters, JinjaScope scope)
    {
        JinjaValue value = Capture(body, new JinjaScope(scope));
        foreach (JinjaExpression.Filter filter in filters)
        {
            Budget.Step();
            value = EvaluateFilter(filter, value, scope);
        }

        return value;
    }

    private JinjaFlow Execute(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        Budget.Enter();
        JinjaFlow flow = JinjaFlow.Through;
        for (int i = 0; i < body.Count && flow == JinjaFlow.Through; i++)
        {
            Budget.Step();
            _position = body[i].Position;
            flow = Execute(body[i], scope);
        }

        Budget.Leave();
        return flow;
    }

    private JinjaFlow Execute(JinjaStatement statement, JinjaScope scope)
    {
        switch (statement)
        {
            case JinjaStatement.Text text:
                _output.Append(text.Value);
                return JinjaFlow.Through;
            case JinjaStatement.Output output:
                JinjaPrinter.Print(Budget, _output, Evaluate(output.Value, scope));
                return JinjaFlow.Through;
            case JinjaStatement.If branches:
                return ExecuteIf(branches, scope);
            case JinjaStatement.For loop:
                return ExecuteFor(loop, scope);
            case JinjaStatement.Set set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return JinjaFlow.Through;
            case JinjaStatement.SetBlock set:
                Assign(set.Target, Capture(set.Body, set.Filters, scope), scope);
                return JinjaFlow.Through;
            case JinjaStatement.Macro macro:
                scope.Set(macro.Name, new JinjaMacro(macro.Name, macro.Parameters, macro.Body, scope));
                return JinjaFlow.Through;
            case JinjaStatement.CallBlock block:
                JinjaMacro caller = new("caller", block.Parameters, block.Body, scope);
                JinjaPrinter.Print(Budget, _output, EvaluateCall(block.Call, scope, caller));
                return JinjaFlow.Through;
            case JinjaStatement.FilterBlock block:
                JinjaPrinter.Print(Budget, _output, Capture(block.Body, block.Filters, scope));
                return JinjaFlow.Through;
            case JinjaStatement.With with:
                return ExecuteWith(with, scope);
            case JinjaStatement.Group group:
                return Execute(group.Body, scope);
            default:
                return statement is JinjaStatement.Break ? JinjaFlow.Break : JinjaFlow.Continue;
        }
    }

    private JinjaFlow ExecuteIf(JinjaStatement.If statement, JinjaScope scope)
    {
        foreach ((JinjaExpression condition, IReadOnlyList<JinjaStatement> body) in statement.Branches)
        {
            if (Evaluate(condition, scope).IsTrue)
            {
                return Execute(body, scope);
            }
        }

        return Execute(statement.Otherwise, scope);
    }

    private JinjaFlow ExecuteFor(JinjaStatement.For statement, JinjaScope scope)
    {
        JinjaValue iterated = Evaluate(statement.Items, scope);
        _position = statement.Items.Position;

        // A copy: the body may change the list.
        List<JinjaValue> items = [.. Iterate(iterated)];
        if (statement.Condition is { } condition)
        {
            items = items.FindAll(item =>
            {
                JinjaScope local = new(scope);
                Assign(statement.Target, item, local);
                return Evaluate(condition, local).IsTrue;
            });
        }

        JinjaLoop loop = new(items);
        for (; loop.Index < items.Count; loop.Index++)
        {
            JinjaScope local = new(scope);
            local.Set("loop", loop);
            Assign(statement.Target, items[loop.Index], local);
            if (Execute(statement.Body, local) == JinjaFlow.Break)
            {
                break;
            }
        }

        return items.Count == 0 ? Execute(statement.Otherwise, new JinjaScope(scope)) : JinjaFlow.Through;
    }

    private JinjaFlow ExecuteWith(JinjaStatement.With statement, JinjaScope scope)
    {
        JinjaScope local = new(scope);
        foreach ((JinjaExpression target, JinjaExpression value) in statement.Variables)
        {
            Assign(target, Evaluate(value, scope), local);
        }

        return Execute(statement.Body, local);
    }

    private void Assign(JinjaExpression target, JinjaValue value, JinjaScope scope)
    {
        switch (target)
        {
            case JinjaExpression.Name name:
                scope.Set(name.Variable, value);
                break;
            case JinjaExpression.Attribute attribute:
                _position = target.Position;
                JinjaValue owner = Evaluate(attribute.Target, scope);
                (owner as JinjaNamespace ?? throw new JinjaException($"An attribute of a '{owner.TypeName}' cannot be set: only a namespace's."))
                    .Attributes[attribute.Key.Text] = value;
                break;
            default:
                IReadOnlyList<JinjaExpression> targets = ((JinjaExpression.Sequence)target).Items;
                List<JinjaValue> items = Iterate(value);
                _position = target.Position;
                if (items.Count != targets.Count)
                {
                    throw new JinjaException($"{items.Count} values cannot be assigned to {targets.Count} names.");
                }

                for (int i = 0; i < items.Count; i++)
                {
                    Assign(targets[i], items[i], scope);
                }

                break;
        }
    }

    private JinjaValue EvaluateAttribute(JinjaExpression.Attribute attribute, JinjaScope scope)
    {
        JinjaValue target = Evaluate(attribute.Target, scope);
        _position = attribute.Position;
        return GetAttribute(target, attribute.Key);
    }

    private JinjaValue EvaluateSubscript(JinjaExpression.Subscript subscript, JinjaScope scope)
    {
        JinjaValue target = Evaluate(subscript.Target, scope);
        JinjaValue index = Evaluate(subscript.Index, scope);
        _position = subscript.Position;
        return GetItem(target, index);
    }

    private JinjaValue EvaluateSlice(JinjaExpression.Slice slice, JinjaScope scope)
    {
        JinjaValue target = Evaluate(slice.Target, scope);
        int? start = Bound(slice.Start, scope);
        int? stop = Bound(slice.Stop, scope);
        int? step = Bound(slice.Step, scope);
        _position = slice.Position;
        return JinjaSlices.Slice(Budget, target, start, stop, step ?? 1);
    }

    private int? Bound(JinjaExpression? expression, JinjaScope scope) =>
        expression is null || Evaluate(expression, scope) is var bound && bound is JinjaNone ? null : JinjaNumbers.ToIndex(bound);

    private bool EvaluateComparison(JinjaExpression.Comparison comparison, JinjaScope scope)
    {
        JinjaValue left = Evaluate(comparison.First, scope);
        foreach ((JinjaOperator operation, JinjaExpression operand) in comparison.Rest)
        {
            JinjaValue right = Evaluate(operand, scope);
            _position = comparison.Position;
            if (!JinjaOperators.Compare(this, operation, left, right))
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    private JinjaValue EvaluateLogical(JinjaExpression.Logical logical, JinjaScope scope)
    {
        JinjaValue left = Evaluate(logical.Left, scope);
        return left.IsTrue == logical.IsAnd ? Evaluate(logical.Right, scope) : left;
    }

    private JinjaValue EvaluateBinary(JinjaExpression.Binary binary, JinjaScope scope)
    {
        JinjaValue left = Evaluate(binary.Left, scope);
        JinjaValue right = Evaluate(binary.Right, scope);
        _position = binary.Position;
        return JinjaOperators.Calculate(this, binary.Operator, left, right);
    }

    private JinjaString EvaluateConcatenation(JinjaExpression.Concatenation concatenation, JinjaScope scope)
    {
        JinjaStringBuilder builder = new(Budget);
        foreach (JinjaExpression part in concatenation.Parts)
        {
            JinjaPrinter.Print(Budget, builder, Evaluate(part, scope));
        }

        return builder.ToJinjaString();
    }

    private bool EvaluateTest(JinjaExpression.Test test, JinjaScope scope)
    {
        JinjaValue value = Evaluate(test.Target, scope);
        JinjaArguments arguments = EvaluateArguments(test.Arguments, scope);
        _position = test.Position;
        return Test(test.TestName, value, arguments);
    }

    private JinjaValue EvaluateFilter(JinjaExpression.Filter filter, JinjaValue value, JinjaScope scope)
    {
        JinjaArguments arguments = EvaluateArguments(filter.Arguments, scope);
        _position = filter.Position;
        return Filter(filter.FilterName, value, arguments);
    }

    private JinjaValue EvaluateCall(JinjaExpression.Call call, JinjaScope scope, JinjaMacro? caller)
    {
        JinjaValue target = Evaluate(call.Target, scope);
        JinjaArguments arguments = EvaluateArguments(call.Arguments, scope);
        if (caller is not null)
        {
            arguments = arguments with { Named = new(arguments.Named) { ["caller"] = caller } };
        }

        _position = call.Position;
        return target switch
        {
            JinjaCallable callable => callable.Call(this, arguments),
            JinjaUndefined undefined => throw undefined.Error(),
            _ => throw new JinjaException($"A '{target.TypeName}' cannot be called."),
        };
    }

    private JinjaArguments EvaluateArguments(IReadOnlyList<JinjaArgument> arguments, JinjaScope scope)
    {
        if (arguments.Count == 0)
        {
            return JinjaArguments.None;
        }

        JinjaArguments result = new([], []);
        foreach (JinjaArgument argument in arguments)
        {
            JinjaValue value = Evaluate(argument.Value, scope);
            switch (argument.Spread)
            {
                case 1:
                    result.Positional.AddRange(Iterate(value));
                    break;
                case 2:
                    JinjaDict spread = value as JinjaDict ?? throw new JinjaException("'**' spreads a dictionary only.");
                    Budget.Items(spread.Items.Count);
                    foreach ((JinjaValue key, JinjaValue member) in spread.Items)
                    {
                        result.Named[Text(key).Text] = member;
                    }

                    break;
                default:
                    if (argument.Name is null)
                    {
                        result.Positional.Add(value);
                    }
                    else
                    {
                        result.Named[argument.Name] = value;
                    }

                    break;
            }
        }

        return result;
    }

    private JinjaValue EvaluateConditional(JinjaExpression.Conditional conditional, JinjaScope scope)
    {
        if (Evaluate(conditional.Condition, scope).IsTrue)
        {
            return Evaluate(conditional.Then, scope);
        }

        return conditional.Otherwise is null
            ? new JinjaUndefined("The inline if has no else, and its condition is false.")
            : Evaluate(conditional.Otherwise, scope);
    }

    private JinjaValue EvaluateSign(JinjaExpression.Sign sign, JinjaScope scope)
    {
        JinjaValue value = Evaluate(sign.Operand, scope);
        _position = sign.Position;
        return value is JinjaFloat real
            ? new JinjaFloat(sign.IsNegative ? -real.Value : real.Value)
            : new JinjaInteger(sign.IsNegative ? -JinjaNumbers.ToInteger(value) : JinjaNumbers.ToInteger(value));
    }

    private JinjaList EvaluateSequence(JinjaExpression.Sequence sequence, JinjaScope scope)
    {
        List<JinjaValue> items = new(sequence.Items.Count);
        foreach (JinjaExpression item in sequence.Items)
        {
            items.Add(Evaluate(item, scope));
        }

        return new JinjaList(items, sequence.Kind);
    }

    private JinjaDict EvaluateMapping(JinjaExpression.Mapping mapping, JinjaScope scope)
    {
        JinjaDict result = new();
        foreach ((JinjaExpression key, JinjaExpression value) in mapping.Items)
        {
            JinjaValue name = Evaluate(key, scope);
            JinjaValue member = Evaluate(value, scope);
            _position = key.Position;
            result.Set(Budget, name, member);
        }

        return result;
    }
}
