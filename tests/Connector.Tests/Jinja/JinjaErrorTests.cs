using CurKv.Connector.Templates.Formats;
using CurKv.Jinja;

namespace CurKv.Connector.Tests.Jinja;

/// <summary>Errors name what is wrong and where.</summary>
public sealed class JinjaErrorTests
{
    [Theory]
    [InlineData("{{ foo(", 1, 1, "'}}' is missing")]
    [InlineData("a\n {% if %}", 2, 8, "a value is expected, but '%}' found")]
    [InlineData("{% if x %}", 1, 11, "'endif' is missing")]
    [InlineData("{% for x in y %}{% endif %}", 1, 20, "'endif' begins no statement here")]
    [InlineData("{% endif %}", 1, 4, "'endif'")]
    [InlineData("x\ny {{ 'abc }}", 2, 6, "A string is not closed")]
    [InlineData("{{ a b }}", 1, 6, "'}}' is expected, but 'b' found")]
    [InlineData("{{ (1, 2] }}", 1, 9, "']' closes nothing")]
    [InlineData("{{ (1 2) }}", 1, 7, "')' is expected, but '2' found")]
    [InlineData("{% unknown %}", 1, 4, "'unknown' begins no statement")]
    [InlineData("{% break %}", 1, 4, "'break' begins no statement")]
    [InlineData("{% for i in x %}{% macro m() %}{% continue %}{% endmacro %}{% endfor %}", 1, 35, "'continue' begins no statement")]
    [InlineData("{# never closed", 1, 1, "'#}' is missing")]
    [InlineData("\n\n  {% raw %}", 3, 3, "endraw")]
    [InlineData("{{ a ? b }}", 1, 6, "'?' means nothing")]
    [InlineData("{{ f(a=1, 2) }}", 1, 11, "without a name")]
    [InlineData("{% set true = 1 %}", 1, 13, "Nothing can be assigned to 'true'")]
    [InlineData("{% set a.b.c = 1 %}", 1, 11, "'%}' is expected")]
    [InlineData("{% macro m(a=1, b) %}{% endmacro %}", 1, 18, "without a default")]
    [InlineData("{% for x in y recursive %}{% endfor %}", 1, 25, "Recursive")]
    [InlineData("{{ '\\xZZ' }}", 1, 4, "escape")]
    [InlineData("{% call 1 %}{% endcall %}", 1, 11, "needs a call")]
    public void Parse_WrongSyntax_NamesThePlace(string template, int line, int column, string what)
    {
        JinjaException e = Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template));

        Assert.Contains(what, e.What, StringComparison.Ordinal);
        Assert.Equal((line, column), (e.Line, e.Column));
        Assert.Contains($"(line {line}, column {column} of the chat template)", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ x.y }}", 1, 5, "'x' is undefined")]
    [InlineData("a\n  {{ x[0] }}", 2, 7, "'x' is undefined")]
    [InlineData("{{ none.foo.bar }}", 1, 12, "has no attribute 'foo'")]
    [InlineData("{{ x + 1 }}", 1, 6, "'x' is undefined")]
    [InlineData("{{ 'a' + 1 }}", 1, 8, "Operator '+' does not take a 'str' and a 'int'")]
    [InlineData("{{ x() }}", 1, 5, "'x' is undefined")]
    [InlineData("{{ 'a'.nope() }}", 1, 12, "A 'str' has no attribute 'nope'")]
    [InlineData("{{ 1() }}", 1, 5, "A 'int' cannot be called")]
    [InlineData("{{ 'a' | nope }}", 1, 10, "There is no filter 'nope'")]
    [InlineData("{{ 1 is nope }}", 1, 6, "There is no test 'nope'")]
    [InlineData("{{ 1 / 0 }}", 1, 6, "Division by zero")]
    [InlineData("{{ 1 // 0 }}", 1, 6, "Division by zero")]
    [InlineData("{{ 1 % 0.0 }}", 1, 6, "Division by zero")]
    [InlineData("{{ 'a' < 1 }}", 1, 4, "have no order")]
    [InlineData("{{ 1 in 5 }}", 1, 4, "holds nothing")]
    [InlineData("{{ 1 in 'a' }}", 1, 4, "cannot hold a 'int'")]
    [InlineData("{{ 5 | length }}", 1, 8, "A 'int' has no length")]
    [InlineData("{{ x | tojson }}", 1, 8, "'x' is undefined")]
    [InlineData("{{ range | tojson }}", 1, 12, "cannot be written as JSON")]
    [InlineData("{% for x in none %}{% endfor %}", 1, 13, "A 'NoneType' cannot be looped over")]
    [InlineData("{% for a, b in [[1, 2, 3]] %}{% endfor %}", 1, 8, "3 values cannot be assigned to 2 names")]
    [InlineData("{% set d = {} %}{% set d.x = 1 %}", 1, 24, "only a namespace's")]
    [InlineData("{{ 'abc'[::0] }}", 1, 9, "step is zero")]
    [InlineData("{{ {[1]: 2} }}", 1, 5, "A 'list' cannot be a dictionary's key")]
    [InlineData("{{ range(1, 2, 0) }}", 1, 9, "step of 'range' is zero")]
    [InlineData("{{ 'a' | replace('b', nope='c') }}", 1, 10, "no argument 'nope'")]
    [InlineData("{{ 'a' | trim(1, 2, 3) }}", 1, 10, "3 arguments are given where 1")]
    [InlineData("{{ ', '.join([1]) }}", 1, 13, "only strings")]
    [InlineData("{{ (1, 2).append(3) }}", 1, 17, "has no attribute 'append'")]
    [InlineData("{{ '{0.x}'.format('a') }}", 1, 18, "'0.x' is not given")]
    [InlineData("{{ '%s %s' % 'a' }}", 1, 12, "too few values")]
    [InlineData("{{ [1, 'a'] | sort }}", 1, 15, "have no order")]
    [InlineData("{{ ''.split('') }}", 1, 12, "empty separator")]
    [InlineData("{{ {}.pop('a') }}", 1, 10, "no such key")]
    public void Render_WrongUse_NamesThePlace(string template, int line, int column, string what)
    {
        JinjaException e = JinjaRendering.Error(template);

        Assert.Contains(what, e.What, StringComparison.Ordinal);
        Assert.Equal((line, column), (e.Line, e.Column));
        Assert.False(e.IsRaisedByTemplate);
    }

    [Fact]
    public void Render_RaiseException_CarriesTheTemplatesMessage()
    {
        JinjaException e = JinjaRendering.Error("a\n{{ raise_exception('Not ' ~ x ~ '!') }}", """{ "x": "so" }""");

        Assert.True(e.IsRaisedByTemplate);
        Assert.Equal("Not so!", e.What);
        Assert.Equal((2, 19), (e.Line, e.Column));
    }

    [Theory]
    [InlineData("{{ ''.__class__ }}")]
    [InlineData("{{ [].GetType }}")]
    [InlineData("{{ {}['__class__'] }}")]
    [InlineData("{{ range.__globals__ }}")]
    [InlineData("{{ ''|attr('__class__') }}")]
    [InlineData("{{ self }}")]
    public void Render_ReachingForTheHost_FindsNothing(string template) => Assert.Empty(JinjaRendering.Render(template));

    [Fact]
    public void Render_ChangingTheContext_LeavesTheCallersAlone()
    {
        System.Text.Json.Nodes.JsonObject context = new() { ["a"] = new System.Text.Json.Nodes.JsonArray(1), ["b"] = new System.Text.Json.Nodes.JsonObject() };
        JinjaTemplate template = JinjaTemplate.Parse("{% set _ = a.append(2) %}{% set _ = b.update({'c': 1}) %}{% set a2 = a %}{{ a2 }}{{ b }}");

        Assert.Equal("[1, 2]{'c': 1}", JinjaRendering.Output(template, context).Text);
        Assert.Equal("[1, 2]{'c': 1}", JinjaRendering.Output(template, context).Text);
        Assert.Equal("""{"a":[1],"b":{}}""", context.ToJsonString());
    }
}
