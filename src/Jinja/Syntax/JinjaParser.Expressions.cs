using System.Globalization;
using System.Numerics;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Syntax;

/// <content>Expressions, with Jinja's precedence: inline if, or, and, not, comparisons, + and -, ~, products, powers, signs; tests and filters bind tightest.</content>
internal sealed partial class JinjaParser
{
    private const int MaxLiteralDigits = 1000;

    private JinjaExpression ParseExpression(bool withConditional = true)
    {
        Enter();
        int position = Current.Position;
        JinjaExpression value = ParseOr();
        while (withConditional && SkipName("if"))
        {
            JinjaExpression condition = ParseOr();
            value = new JinjaExpression.Conditional(position, condition, value, SkipName("else") ? ParseExpression() : null);
        }

        _nesting--;
        return value;
    }

    // One expression, or a tuple without brackets.
    private JinjaExpression ParseTuple(bool withConditional = true)
    {
        int position = Current.Position;
        JinjaExpression first = ParseExpression(withConditional);
        if (!Current.IsOperator(","))
        {
            return first;
        }

        List<JinjaExpression> items = [first];
        while (SkipOperator(",") && !IsEndOfTuple())
        {
            items.Add(ParseExpression(withConditional));
        }

        return new JinjaExpression.Sequence(position, items, JinjaListKind.Tuple);
    }

    private bool IsEndOfTuple() => Current.Kind is JinjaTokenKind.VariableEnd or JinjaTokenKind.BlockEnd || Current.IsOperator(")");

    private JinjaExpression ParseOr()
    {
        JinjaExpression left = ParseAnd();
        for (int position = Current.Position; SkipName("or"); position = Current.Position)
        {
            left = new JinjaExpression.Logical(position, left, ParseAnd(), IsAnd: false);
        }

        return left;
    }

    private JinjaExpression ParseAnd()
    {
        JinjaExpression left = ParseNot();
        for (int position = Current.Position; SkipName("and"); position = Current.Position)
        {
            left = new JinjaExpression.Logical(position, left, ParseNot(), IsAnd: true);
        }

        return left;
    }

    private JinjaExpression ParseNot()
    {
        int position = Current.Position;
        if (!SkipName("not"))
        {
            return ParseComparison();
        }

        Enter();
        JinjaExpression operand = ParseNot();
        _nesting--;
        return new JinjaExpression.Not(position, operand);
    }

    private JinjaExpression ParseComparison()
    {
        int position = Current.Position;
        JinjaExpression first = ParseSum();
        List<(JinjaOperator, JinjaExpression)>? rest = null;
        while (SkipComparison() is { } comparison)
        {
            (rest ??= []).Add((comparison, ParseSum()));
        }

        return rest is null ? first : new JinjaExpression.Comparison(position, first, rest);
    }

    private JinjaOperator? SkipComparison()
    {
        JinjaOperator? found = Current switch
        {
            { Kind: JinjaTokenKind.Operator, Text: "==" } => JinjaOperator.Equal,
            { Kind: JinjaTokenKind.Operator, Text: "!=" } => JinjaOperator.NotEqual,
            { Kind: JinjaTokenKind.Operator, Text: "<" } => JinjaOperator.Less,
            { Kind: JinjaTokenKind.Operator, Text: "<=" } => JinjaOperator.LessOrEqual,
            { Kind: JinjaTokenKind.Operator, Text: ">" } => JinjaOperator.Greater,
            { Kind: JinjaTokenKind.Operator, Text: ">=" } => JinjaOperator.GreaterOrEqual,
            { Kind: JinjaTokenKind.Name, Text: "in" } => JinjaOperator.In,
            { Kind: JinjaTokenKind.Name, Text: "not" } when _tokens[_next + 1].IsName("in") => JinjaOperator.NotIn,
            _ => null,
        };
        _next += found switch { null => 0, JinjaOperator.NotIn => 2, _ => 1 };
        return found;
    }

    private JinjaExpression ParseSum()
    {
        JinjaExpression left = ParseConcatenation();
        while (Current.IsOperator("+") || Current.IsOperator("-"))
        {
            JinjaToken sign = Advance();
            left = new JinjaExpression.Binary(sign.Position, sign.Text == "+" ? JinjaOperator.Add : JinjaOperator.Subtract, left, ParseConcatenation());
        }

        return left;
    }

    private JinjaExpression ParseConcatenation()
    {
        int position = Current.Position;
        JinjaExpression first = ParseProduct();
        if (!Current.IsOperator("~"))
        {
            return first;
        }

        List<JinjaExpression> parts = [first];
        while (SkipOperator("~"))
        {
            parts.Add(ParseProduct());
        }

        return new JinjaExpression.Concatenation(position, parts);
    }

    private JinjaExpression ParseProduct()
    {
        JinjaExpression left = ParsePower();
        while (Current.Kind == JinjaTokenKind.Operator && Product(Current.Text) is { } product)
        {
            int position = Advance().Position;
            left = new JinjaExpression.Binary(position, product, left, ParsePower());
        }

        return left;
    }

    private static JinjaOperator? Product(string text) => text switch
    {
        "*" => JinjaOperator.Multiply,
        "/" => JinjaOperator.Divide,
        "//" => JinjaOperator.FloorDivide,
        "%" => JinjaOperator.Modulo,
        _ => null,
    };

    private JinjaExpression ParsePower()
    {
        JinjaExpression left = ParseUnary(withFilters: true);
        while (Current.IsOperator("**"))
        {
            int position = Advance().Position;
            left = new JinjaExpression.Binary(position, JinjaOperator.Power, left, ParseUnary(withFilters: true));
        }

        return left;
    }

    private JinjaExpression ParseUnary(bool withFilters)
    {
        JinjaExpression value;
        if (Current.IsOperator("-") || Current.IsOperator("+"))
        {
            JinjaToken sign = Advance();
            Enter();
            value = new JinjaExpression.Sign(sign.Position, ParseUnary(withFilters: false), sign.Text == "-");
            _nesting--;
        }
        else
        {
            value = ParsePrimary();
        }

        value = ParsePostfix(value);
        return withFilters ? ParseFilters(value) : value;
    }

    private JinjaExpression ParsePrimary()
    {
        JinjaToken token = Advance();
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new JinjaExpression.Literal(token.Position, JinjaBoolean.True),
                    "false" or "False" => new JinjaExpression.Literal(token.Position, JinjaBoolean.False),
                    "none" or "None" => new JinjaExpression.Literal(token.Position, JinjaNone.Value),
                    _ => new JinjaExpression.Name(token.Position, token.Text),
                };
            case JinjaTokenKind.String:
                return new JinjaExpression.Literal(token.Position, new JinjaString(ReadStrings(token.Text)));
            case JinjaTokenKind.Integer:
                return new JinjaExpression.Literal(token.Position, ReadInteger(token.Text));
            case JinjaTokenKind.Float:
                return new JinjaExpression.Literal(token.Position, new JinjaFloat(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case JinjaTokenKind.Operator when token.Text == "(":
                return ParseBrackets(token.Position);
            case JinjaTokenKind.Operator when token.Text == "[":
                return ParseList(token.Position);
            case JinjaTokenKind.Operator when token.Text == "{":
                return ParseMapping(token.Position);
            default:
                _next -= token.Kind == JinjaTokenKind.End ? 0 : 1;
                throw Unexpected("a value");
        }
    }

    // String literals side by side are one.
    private string ReadStrings(string first)
    {
        if (Current.Kind != JinjaTokenKind.String)
        {
            return first;
        }

        List<string> parts = [first];
        while (Current.Kind == JinjaTokenKind.String)
        {
            parts.Add(Advance().Text);
        }

        return string.Concat(parts);
    }

    private static JinjaInteger ReadInteger(string text)
    {
        if (text.Length > MaxLiteralDigits)
        {
            throw new JinjaException($"A number is too long: the limit is {MaxLiteralDigits} digits.");
        }

        return new JinjaInteger(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? BigInteger.Parse($"0{text.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : BigInteger.Parse(text, CultureInfo.InvariantCulture));
    }

    private JinjaExpression ParseBrackets(int position)
    {
        if (SkipOperator(")"))
        {
            return new JinjaExpression.Sequence(position, [], JinjaListKind.Tuple);
        }

        JinjaExpression inner = ParseTuple();
        ExpectOperator(")");
        return inner;
    }

    private JinjaExpression.Sequence ParseList(int position)
    {
        List<JinjaExpression> items = [];
        while (!SkipOperator("]"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator("]"))
                {
                    break;
                }
            }

            items.Add(ParseExpression());
        }

        return new JinjaExpression.Sequence(position, items, JinjaListKind.List);
    }

    private JinjaExpression.Mapping ParseMapping(int position)
    {
        List<(JinjaExpression, JinjaExpression)> items = [];
        while (!SkipOperator("}"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator("}"))
                {
                    break;
                }
            }

            JinjaExpression key = ParseExpression();
            ExpectOperator(":");
            items.Add((key, ParseExpression()));
        }

        return new JinjaExpression.Mapping(position, items);
    }

    private JinjaExpression ParsePostfix(JinjaExpression value)
    {
        while (Current.Kind == JinjaTokenKind.Operator && Current.Text is "." or "[" or "(")
        {
            JinjaToken token = Current;
            value = token.Text switch
            {
                "." => ParseAttribute(value),
                "[" => ParseSubscript(value),
                _ => new JinjaExpression.Call(token.Position, value, ParseArguments()),
            };
        }

        return value;
    }

    private JinjaExpression ParseAttribute(JinjaExpression target)
    {
        int position = Advance().Position;
        if (Current.Kind == JinjaTokenKind.Integer)
        {
            return new JinjaExpression.Subscript(position, target, new JinjaExpression.Literal(position, ReadInteger(Advance().Text)));
        }

        return new JinjaExpression.Attribute(position, target, new JinjaString(Expect(JinjaTokenKind.Name).Text));
    }

    private JinjaExpression ParseSubscript(JinjaExpression target)
    {
        int position = Advance().Position;
        JinjaExpression? start = Current.IsOperator(":") ? null : ParseTuple();
        if (!SkipOperator(":"))
        {
            ExpectOperator("]");
            return new JinjaExpression.Subscript(position, target, start!);
        }

        JinjaExpression? stop = Current.IsOperator(":") || Current.IsOperator("]") ? null : ParseExpression();
        JinjaExpression? step = SkipOperator(":") && !Current.IsOperator("]") ? ParseExpression() : null;
        ExpectOperator("]");
        return new JinjaExpression.Slice(position, target, start, stop, step);
    }

    private List<JinjaArgument> ParseArguments()
    {
        List<JinjaArgument> arguments = [];
        ExpectOperator("(");
        while (!SkipOperator(")"))
        {
            if (arguments.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator(")"))
                {
                    break;
                }
            }

            arguments.Add(ParseArgument(arguments is [.., { Name: not null }]));
        }

        return arguments;
    }

    private JinjaArgument ParseArgument(bool isBehindNamed)
    {
        if (SkipOperator("*"))
        {
            return new JinjaArgument(null, ParseExpression(), Spread: 1);
        }

        if (SkipOperator("**"))
        {
            return new JinjaArgument(null, ParseExpression(), Spread: 2);
        }

        if (Current.Kind == JinjaTokenKind.Name && _tokens[_next + 1].IsOperator("="))
        {
            string name = Advance().Text;
            Advance();
            return new JinjaArgument(name, ParseExpression());
        }

        return isBehindNamed ? throw new JinjaException("An argument without a name follows one with a name.") : new JinjaArgument(null, ParseExpression());
    }

    // Filters and tests, and calls of what they give.
    private JinjaExpression ParseFilters(JinjaExpression value)
    {
        while (true)
        {
            if (Current.IsOperator("|"))
            {
                Advance();
                value = ParseFilter(value);
            }
            else if (Current.IsName("is"))
            {
                value = ParseTest(value);
            }
            else if (Current.IsOperator("("))
            {
                value = new JinjaExpression.Call(Current.Position, value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    // What a block's text goes through: filters alone.
    private List<JinjaExpression.Filter> ParseBlockFilters()
    {
        List<JinjaExpression.Filter> filters = [];
        while (SkipOperator("|"))
        {
            filters.Add(ParseFilter(null));
        }

        return filters;
    }

    private JinjaExpression.Filter ParseFilter(JinjaExpression? target)
    {
        int position = Current.Position;
        string name = ParseDottedName();
        return new JinjaExpression.Filter(position, target, name, Current.IsOperator("(") ? ParseArguments() : []);
    }

    private JinjaExpression ParseTest(JinjaExpression target)
    {
        int position = Advance().Position;
        bool isNegated = SkipName("not");
        string name = Current is { Kind: JinjaTokenKind.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" } ? Advance().Text : ParseDottedName();
        List<JinjaArgument> arguments = [];
        if (Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (Current.Kind is JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float
            || Current.IsOperator("[") || Current.IsOperator("{")
            || (Current.Kind == JinjaTokenKind.Name && Current.Text is not ("else" or "or" or "and" or "if" or "in" or "not" or "is" or "recursive")))
        {
            arguments = [new JinjaArgument(null, ParsePostfix(ParsePrimary()))];
        }

        JinjaExpression test = new JinjaExpression.Test(position, target, name, arguments);
        return isNegated ? new JinjaExpression.Not(position, test) : test;
    }

    private string ParseDottedName()
    {
        List<string> parts = [Expect(JinjaTokenKind.Name).Text];
        while (SkipOperator("."))
        {
            parts.Add(Expect(JinjaTokenKind.Name).Text);
        }

        return string.Join('.', parts);
    }
}
