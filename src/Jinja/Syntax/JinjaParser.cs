using System.Runtime.CompilerServices;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Syntax;

/// <summary>Parses a template's statements; its expressions are in the other part of the class. Not thread-safe.</summary>
internal sealed partial class JinjaParser(string source)
{
    // Brackets, blocks and the like within each other. Templates in use need a dozen.
    private const int MaxNesting = 200;

    // What closes or divides a block, and so never begins a statement.
    private static readonly string[] LoopEnds = ["else", "endfor"];
    private static readonly string[] BranchEnds = ["elif", "else", "endif"];

    private readonly List<JinjaToken> _tokens = JinjaLexer.Tokenize(source);
    private int _next;
    private int _nesting;
    private int _loops;

    private JinjaToken Current => _tokens[_next];

    /// <summary>Parses the whole template.</summary>
    /// <exception cref="JinjaException">The syntax is wrong.</exception>
    public IReadOnlyList<JinjaStatement> Parse()
    {
        try
        {
            return ParseBody([]);
        }
        catch (JinjaException error)
        {
            throw error.At(source, Current.Position);
        }
    }

    // All up to a block tag of one of these names, which is left to be read: the tag's opening and name are passed.
    private List<JinjaStatement> ParseBody(ReadOnlySpan<string> ends)
    {
        Enter();
        List<JinjaStatement> body = [];
        while (Current.Kind != JinjaTokenKind.End)
        {
            JinjaToken token = Advance();
            switch (token.Kind)
            {
                case JinjaTokenKind.Text:
                    body.Add(new JinjaStatement.Text(token.Position, token.Text));
                    break;
                case JinjaTokenKind.VariableBegin:
                    body.Add(new JinjaStatement.Output(token.Position, ParseTuple()));
                    Expect(JinjaTokenKind.VariableEnd);
                    break;
                default:
                    if (Current.Kind == JinjaTokenKind.Name && ends.Contains(Current.Text))
                    {
                        _nesting--;
                        return body;
                    }

                    body.Add(ParseStatement(token.Position));
                    break;
            }
        }

        if (ends.Length > 0)
        {
            throw new JinjaException($"The template ends within a block: '{ends[^1]}' is missing.");
        }

        _nesting--;
        return body;
    }

    // A body whose closing tag takes nothing.
    private List<JinjaStatement> ParseClosedBody(string end)
    {
        List<JinjaStatement> body = ParseBody([end]);
        Advance();
        Expect(JinjaTokenKind.BlockEnd);
        return body;
    }

    private JinjaStatement ParseStatement(int position)
    {
        JinjaToken name = Current;
        if (name.Kind != JinjaTokenKind.Name)
        {
            throw Unexpected("a statement");
        }

        Advance();
        switch (name.Text)
        {
            case "if":
                return ParseIf(position);
            case "for":
                return ParseFor(position);
            case "set":
                return ParseSet(position);
            case "macro":
                return ParseMacro(position);
            case "call":
                return ParseCallBlock(position);
            case "with":
                return ParseWith(position);
            case "filter":
                List<JinjaExpression.Filter> filters = [ParseFilter(null), .. ParseBlockFilters()];
                Expect(JinjaTokenKind.BlockEnd);
                return new JinjaStatement.FilterBlock(position, filters, ParseClosedBody("endfilter"));
            case "generation":
                Expect(JinjaTokenKind.BlockEnd);
                return new JinjaStatement.Group(position, ParseClosedBody("endgeneration"));
            case "break" or "continue" when _loops > 0:
                Expect(JinjaTokenKind.BlockEnd);
                return name.Text == "break" ? new JinjaStatement.Break(position) : new JinjaStatement.Continue(position);
            default:
                _next--;
                throw new JinjaException($"'{name.Text}' begins no statement here.");
        }
    }

    private JinjaStatement.If ParseIf(int position)
    {
        List<(JinjaExpression, IReadOnlyList<JinjaStatement>)> branches = [];
        List<JinjaStatement> otherwise = [];
        string tag;
        do
        {
            JinjaExpression condition = ParseTuple(withConditional: false);
            Expect(JinjaTokenKind.BlockEnd);
            branches.Add((condition, ParseBody(BranchEnds)));
            tag = Advance().Text;
        }
        while (tag == "elif");

        Expect(JinjaTokenKind.BlockEnd);
        if (tag == "else")
        {
            otherwise = ParseClosedBody("endif");
        }

        return new JinjaStatement.If(position, branches, otherwise);
    }

    private JinjaStatement.For ParseFor(int position)
    {
        JinjaExpression target = ParseTarget(allowAttribute: false);
        ExpectName("in");
        JinjaExpression items = ParseTuple(withConditional: false);
        JinjaExpression? condition = SkipName("if") ? ParseExpression() : null;
        if (SkipName("recursive"))
        {
            throw new JinjaException("Recursive loops are not supported.");
        }

        Expect(JinjaTokenKind.BlockEnd);
        _loops++;
        List<JinjaStatement> body = ParseBody(LoopEnds);
        _loops--;
        List<JinjaStatement> otherwise = [];
        string tag = Advance().Text;
        Expect(JinjaTokenKind.BlockEnd);
        if (tag == "else")
        {
            otherwise = ParseClosedBody("endfor");
        }

        return new JinjaStatement.For(position, target, items, condition, body, otherwise);
    }

    private JinjaStatement ParseSet(int position)
    {
        JinjaExpression target = ParseTarget(allowAttribute: true);
        if (SkipOperator("="))
        {
            JinjaExpression value = ParseTuple();
            Expect(JinjaTokenKind.BlockEnd);
            return new JinjaStatement.Set(position, target, value);
        }

        List<JinjaExpression.Filter> filters = ParseBlockFilters();
        Expect(JinjaTokenKind.BlockEnd);
        return new JinjaStatement.SetBlock(position, target, filters, ParseClosedBody("endset"));
    }

    private JinjaStatement.Macro ParseMacro(int position)
    {
        string name = Expect(JinjaTokenKind.Name).Text;
        List<JinjaParameter> parameters = ParseParameters();
        Expect(JinjaTokenKind.BlockEnd);
        return new JinjaStatement.Macro(position, name, parameters, ParseDetachedBody("endmacro"));
    }

    private JinjaStatement.CallBlock ParseCallBlock(int position)
    {
        List<JinjaParameter> parameters = Current.IsOperator("(") ? ParseParameters() : [];
        if (ParseExpression() is not JinjaExpression.Call call)
        {
            throw new JinjaException("A call block needs a call.");
        }

        Expect(JinjaTokenKind.BlockEnd);
        return new JinjaStatement.CallBlock(position, parameters, call, ParseDetachedBody("endcall"));
    }

    // A body that runs elsewhere: it cannot leave a loop around its definition.
    private List<JinjaStatement> ParseDetachedBody(string end)
    {
        int loops = _loops;
        _loops = 0;
        List<JinjaStatement> body = ParseClosedBody(end);
        _loops = loops;
        return body;
    }

    private JinjaStatement.With ParseWith(int position)
    {
        List<(JinjaExpression, JinjaExpression)> variables = [];
        while (Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (variables.Count > 0)
            {
                ExpectOperator(",");
            }

            JinjaExpression target = ParseTarget(allowAttribute: false);
            ExpectOperator("=");
            variables.Add((target, ParseExpression()));
        }

        Expect(JinjaTokenKind.BlockEnd);
        return new JinjaStatement.With(position, variables, ParseClosedBody("endwith"));
    }

    private List<JinjaParameter> ParseParameters()
    {
        List<JinjaParameter> parameters = [];
        ExpectOperator("(");
        while (!SkipOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            string name = Expect(JinjaTokenKind.Name).Text;
            JinjaExpression? value = SkipOperator("=") ? ParseExpression() : null;
            if (value is null && parameters is [.., { Default: not null }])
            {
                throw new JinjaException("A parameter without a default follows one with a default.");
            }

            parameters.Add(new JinjaParameter(name, value));
        }

        return parameters;
    }

    // What is assigned to: a name, a namespace's attribute, or several of them.
    private JinjaExpression ParseTarget(bool allowAttribute)
    {
        Enter();
        int position = Current.Position;
        List<JinjaExpression> items = [];
        bool isTuple = false;
        do
        {
            if (items.Count > 0 && Current.Kind != JinjaTokenKind.Name && !Current.IsOperator("("))
            {
                break;
            }

            items.Add(ParseSingleTarget(allowAttribute));
            isTuple |= Current.IsOperator(",");
        }
        while (SkipOperator(","));

        _nesting--;
        return isTuple ? new JinjaExpression.Sequence(position, items, JinjaListKind.Tuple) : items[0];
    }

    private JinjaExpression ParseSingleTarget(bool allowAttribute)
    {
        if (SkipOperator("("))
        {
            JinjaExpression inner = ParseTarget(allowAttribute);
            ExpectOperator(")");
            return inner;
        }

        JinjaToken name = Expect(JinjaTokenKind.Name);
        if (name.Text is "true" or "false" or "none" or "True" or "False" or "None")
        {
            throw new JinjaException($"Nothing can be assigned to '{name.Text}'.");
        }

        JinjaExpression.Name target = new(name.Position, name.Text);
        return allowAttribute && SkipOperator(".") ? new JinjaExpression.Attribute(name.Position, target, new JinjaString(Expect(JinjaTokenKind.Name).Text)) : target;
    }

    private void Enter()
    {
        if (++_nesting > MaxNesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new JinjaException($"The template nests too deeply: the limit is {MaxNesting} levels.");
        }
    }

    private JinjaToken Advance() => _tokens[Current.Kind == JinjaTokenKind.End ? _next : _next++];

    private JinjaToken Expect(JinjaTokenKind kind) => Current.Kind == kind ? Advance() : throw Unexpected(kind switch
    {
        JinjaTokenKind.BlockEnd => "'%}'",
        JinjaTokenKind.VariableEnd => "'}}'",
        _ => "a name",
    });

    private void ExpectOperator(string text)
    {
        if (!SkipOperator(text))
        {
            throw Unexpected($"'{text}'");
        }
    }

    private void ExpectName(string text)
    {
        if (!SkipName(text))
        {
            throw Unexpected($"'{text}'");
        }
    }

    private bool SkipOperator(string text)
    {
        bool found = Current.IsOperator(text);
        _next += found ? 1 : 0;
        return found;
    }

    private bool SkipName(string text)
    {
        bool found = Current.IsName(text);
        _next += found ? 1 : 0;
        return found;
    }

    private JinjaException Unexpected(string expected) => new($"{expected} is expected, but {Current.Description} found.");
}
