using System.Text.Json.Nodes;
using CurKv.Jinja;

namespace CurKv.Connector.Tests.Jinja;

/// <summary>Hostile templates end at a limit, which the error names.</summary>
public sealed class JinjaLimitTests
{
    [Theory]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "Depth")]
    [InlineData("{% macro m(n) %}{% for i in [1] %}{% if true %}{{ m(n + 1) ~ '' }}{% endif %}{% endfor %}{% endmacro %}{{ m(0) }}", "Depth")]
    [InlineData("{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}", "Depth")]
    [InlineData("{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", "Depth")]
    [InlineData("{% set l = [] %}{% set _ = l.append(l) %}{{ l | tojson }}", "Depth")]
    [InlineData("{% set l = [] %}{% set m = [] %}{% set _ = l.append(m) %}{% set _ = m.append(l) %}{{ l == m }}", "Depth")]
    [InlineData("{% set l = [] %}{% set m = [] %}{% set _ = l.append(m) %}{% set _ = m.append(l) %}{{ l < m }}", "Depth")]
    [InlineData("{{ 'a' * 10 ** 9 }}", "StringCharacters")]
    [InlineData("{{ 10 ** 12 * 'ab' }}", "StringCharacters")]
    [InlineData("{{ 'a'.center(10 ** 9) }}", "StringCharacters")]
    [InlineData("{{ 'a'.zfill(10 ** 9) }}", "StringCharacters")]
    [InlineData("{{ '%999999999d' % 1 }}", "StringCharacters")]
    [InlineData("{{ '{:>999999999}'.format(1) }}", "StringCharacters")]
    [InlineData("{{ 'a' | indent(10 ** 9) }}", "StringCharacters")]
    [InlineData("{{ [1] | tojson(indent=10 ** 9) }}", "StringCharacters")]
    [InlineData("{% set ns = namespace(s='a') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "StringCharacters")]
    [InlineData("{% set ns = namespace(s='a') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "StringCharacters")]
    [InlineData("{% set ns = namespace(s='aa') %}{% for i in range(64) %}{% set ns.s = ns.s.replace('a', 'aaaa') %}{% endfor %}", "StringCharacters")]
    [InlineData("{% set s = 'a' * 10 ** 6 %}{% for i in range(10 ** 5) %}{{ s }}{% endfor %}", "OutputCharacters")]
    [InlineData("{% set s = 'a' * 10 ** 7 %}{% for i in range(10 ** 5) %}{% set t = s ~ i %}{% endfor %}", "TotalCharacters")]
    [InlineData("{{ range(10 ** 12) }}", "Items")]
    [InlineData("{{ range(10 ** 30) }}", "Items")]
    [InlineData("{{ [1] * 10 ** 9 }}", "Items")]
    [InlineData("{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "Items")]
    [InlineData("{% set l = [1] %}{% for i in range(64) %}{% set _ = l.extend(l) %}{% endfor %}", "Items")]
    [InlineData("{% for i in 'a' * 10 ** 7 %}{% endfor %}", "Items")]
    [InlineData("{{ 10 ** (10 ** 10) }}", "IntegerBits")]
    [InlineData("{% set ns = namespace(n=3) %}{% for i in range(64) %}{% set ns.n = ns.n * ns.n %}{% endfor %}", "IntegerBits")]
    [InlineData("{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}", "Steps")]
    [InlineData("{% set l = range(10 ** 6) | list %}{% for i in range(10 ** 5) %}{{ -1 in l }}{% endfor %}", "Steps")]
    [InlineData("{% set s = 'a' * 10 ** 7 %}{% for i in range(10 ** 6) %}{% if 'b' in s %}{% endif %}{% endfor %}", "Steps")]
    [InlineData("{% set s = 'a' * 10 ** 7 %}{% for i in range(10 ** 6) %}{% if s.find('b') == 0 %}{% endif %}{% endfor %}", "Steps")]
    [InlineData("{% set s = 'a' * 10 ** 7 %}{% set p = 'a' * 10 ** 6 ~ 'b' ~ 'a' * 10 ** 6 %}{{ p in s }}", "Steps")]
    [InlineData("{% set s = 'a' * 10 ** 7 %}{% set p = 'a' * 10 ** 6 ~ 'b' ~ 'a' * 10 ** 6 %}{{ s.split(p) | length }}", "Steps")]
    [InlineData("{% set s = 'a' * 10 ** 7 %}{% set p = 'a' * 10 ** 6 ~ 'b' ~ 'a' * 10 ** 6 %}{{ s.replace(p, '') }}", "Steps")]
    [InlineData("{% set s = 'a' * 10 ** 7 %}{% for i in range(10 ** 6) %}{% set t = s[0] %}{% endfor %}", "Steps")]
    [InlineData("{% set s = '😀' * 10 ** 6 %}{% for i in range(10 ** 6) %}{% set t = s[0] %}{% endfor %}", "TotalCharacters")]
    [InlineData("{% set s = ' ' ~ 'a' * 10 ** 7 %}{% for i in range(10 ** 6) %}{% set t = s.strip() %}{% endfor %}", "TotalCharacters")]
    [InlineData("{% set d = {'a' * 10 ** 7: 1} %}{% set s = 'a' * 10 ** 7 %}{% for i in range(10 ** 6) %}{% set t = d[s] %}{% endfor %}", "Steps")]
    [InlineData("{% set l = [] %}{% for i in range(10 ** 6) %}{% set _ = l.insert(0, i) %}{% endfor %}", "Steps")]
    [InlineData("{% for i in range(10 ** 5) %}{% set _ = range(10 ** 5) | sort %}{% endfor %}", "Steps")]
    [InlineData("{% for i in range(10 ** 6) %}{% set x = [i] * 1000 %}{% endfor %}", "Steps")]
    [InlineData("{% set ns = namespace(l=[]) %}{% for i in range(400) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | map(*(['map'] * 10 ** 6)) }}", "Steps")]
    public void Render_HostileTemplate_EndsAtTheLimit(string template, string limit)
    {
        JinjaException e = JinjaRendering.Error(template);

        Assert.Contains($"JinjaLimits.{limit} ", e.What, StringComparison.Ordinal);
        Assert.True(e.Line > 0);
    }

    [Theory]
    [InlineData("(", "")]
    [InlineData("[", "")]
    [InlineData("{1:", "")]
    [InlineData("not ", "")]
    [InlineData("-", "")]
    [InlineData("a if b else ", "")]
    [InlineData("f(", "")]
    [InlineData("a[", "")]
    public void Parse_NestedAHundredThousandTimes_IsRefused(string opening, string closing)
    {
        string expression = string.Concat(Enumerable.Repeat(opening, 100_000)) + "1" + closing;
        string template = "{{ " + expression + string.Concat(expression.Reverse().Select(c => c switch { '(' => ")", '[' => "]", '{' => "}", _ => string.Empty })) + " }}";

        JinjaException e = Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template));

        Assert.Contains("nests too deeply", e.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% if x %}")]
    [InlineData("{% for a in b %}")]
    [InlineData("{% macro m() %}")]
    [InlineData("{% filter upper %}")]
    [InlineData("{% set ((((a")]
    public void Parse_BlocksNestedAHundredThousandTimes_AreRefused(string block)
    {
        JinjaException e = Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(string.Concat(Enumerable.Repeat(block, 100_000)) + "%}"));

        Assert.True(e.Line > 0);
    }

    [Theory]
    [InlineData(" + 1")]
    [InlineData(".a")]
    [InlineData("[0]")]
    [InlineData("()")]
    [InlineData(" | upper")]
    [InlineData(" and 1")]
    [InlineData(" is defined")]
    public void Render_ChainOfAHundredThousandOperators_EndsAtTheDepth(string link)
    {
        JinjaException e = JinjaRendering.Error("{{ 1" + string.Concat(Enumerable.Repeat(link, 100_000)) + " }}");

        Assert.Contains("JinjaLimits.Depth", e.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% filter upper", "%}x{% endfilter %}")]
    [InlineData("{% set x", "%}x{% endset %}{{ x }}")]
    public void Render_BlockWithTwoHundredThousandFilters_AppliesThemAll(string opening, string rest) =>
        Assert.Equal("X", JinjaRendering.Render(opening + string.Concat(Enumerable.Repeat("|upper", 200_000)) + rest));

    [Fact]
    public void Render_FilterThatAppliesItselfToNestedLists_EndsAtTheDepth()
    {
        JinjaException e = JinjaRendering.Error("{% set ns = namespace(l=[]) %}{% for i in range(2000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | map(*(['map'] * 2000)) }}");

        Assert.Contains("JinjaLimits.Depth", e.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% filter upper is defined %}x{% endfilter %}")]
    [InlineData("{% filter upper | lower()() %}x{% endfilter %}")]
    [InlineData("{% set x | upper is defined %}x{% endset %}")]
    public void Parse_BlockWithMoreThanFilters_IsRefused(string template) => Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(template));

    [Fact]
    public void Render_DeepContext_EndsAtTheDepth()
    {
        JsonNode deep = new JsonArray();
        for (int i = 0; i < 600; i++)
        {
            deep = new JsonArray(deep);
        }

        JinjaException e = Assert.Throws<JinjaException>(() => JinjaRendering.Output(JinjaTemplate.Parse("x"), new JsonObject { ["a"] = deep }));

        Assert.Contains("JinjaLimits.Depth", e.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_SmallerLimits_AreKept()
    {
        Assert.Contains("Steps of 10", JinjaRendering.Error("{% for i in range(20) %}{% endfor %}", null, new JinjaLimits { Steps = 10 }).What, StringComparison.Ordinal);
        Assert.Contains("OutputCharacters of 3", JinjaRendering.Error("abcd", null, new JinjaLimits { OutputCharacters = 3 }).What, StringComparison.Ordinal);
        Assert.Equal("abc", JinjaRendering.Output("abc", null, new JinjaLimits { OutputCharacters = 3 }).Text);
        Assert.Contains("Depth of 3", JinjaRendering.Error("{{ ((1 + 1) + 1) + 1 }}", null, new JinjaLimits { Depth = 3 }).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_LongDocument_TakesNoStepsForItsLength()
    {
        string document = string.Concat(Enumerable.Repeat("<a> \"quoted\" line of a long document\n", 10_000));
        JsonObject context = new() { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = document }) };
        JinjaTemplate template = JinjaTemplate.Parse("{% for m in messages %}{{ '<|' ~ m.role ~ '|>' + (m['content'] | trim).replace('<b>', '') + '<|end|>\n' }}{% endfor %}");

        JinjaOutput output = JinjaRendering.Output(template, context, new JinjaLimits { Steps = 20_000, TotalCharacters = 5 * document.Length });

        Assert.Equal($"<|user|>{document.Trim()}<|end|>\n", output.Text);
        Assert.Equal(["messages[0].role", "messages[0].content"], output.Inputs.Select(span => span.Path));
    }
}
