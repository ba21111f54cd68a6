namespace CurKv.Connector.Tests.Jinja;

/// <summary>White space around tags, as Jinja2 in Python leaves it with <c>trim_blocks</c> and <c>lstrip_blocks</c>.</summary>
public sealed class JinjaWhitespaceTests
{
    [Theory]
    [InlineData("a\n  {% if true %}\n  b\n  {% endif %}\nc\n", "a\n  b\nc")]
    [InlineData("a\n  {%- if true %}\n  b\n  {%- endif -%}\n\n c\n", "a  bc")]
    [InlineData("a\n  {%+ if true +%}\n  b\n  {% endif +%}\nc\n\n", "a\n  \n  b\n\nc\n")]
    [InlineData("  {{ 1 }}\n  {{- 2 -}}  \n {{ 3 }}\n", "  123")]
    [InlineData("  {# c #}\n x {# d #}\n{#- e -#}\n y", " x y")]
    [InlineData("\n\n{% if true %}\n\n x\n{% endif %}\n\n", "\n\n\n x\n")]
    [InlineData("a {% if true %} b {% endif %} c", "a  b  c")]
    [InlineData("\t{% set x = 1 %}\n{{ x }}\n", "1")]
    [InlineData("x\r\n  {% if true %}\r\n y\r\n{% endif %}\r\nz\r\n", "x\n y\nz")]
    [InlineData("a\n\u00a0{% if true %}b{% endif %}", "a\nb")]
    [InlineData("{% if true -%}\n   x\n   {%- endif +%}\n   y", "x\n   y")]
    [InlineData("  {% raw %}\n  {{ x }}\n  {% endraw %}\n  y", "\n  {{ x }}\n  y")]
    [InlineData("{{ 'a' -}}\n\n b {{- 'c' }}\n\nd", "abc\n\nd")]
    [InlineData("{%- for i in [1,2] %}\n {{ i }}\n{%- endfor %}\nz", " 1 2z")]
    [InlineData("{% for i in [1,2] -%}\n {{ i }}\n{% endfor -%}\n\n z", "1\n2\nz")]
    [InlineData("a{{- 1 }}b {{+ 2 }} c", "a1b 2 c")]
    [InlineData("{%if true%}x{%endif%}{{1}}{#c#}", "x1")]
    [InlineData("{ {{ 1 }} }{", "{ 1 }{")]
    [InlineData("a {{ '{%' }} {% raw %}{% if %}{% endraw %}\nb", "a {% {% if %}b")]
    [InlineData("x{% if true %}   \n  y{% endif %}", "x   \n  y")]
    [InlineData("line1\n    {{ 'v' }}\n    {% set a = 1 %}{% set b = 2 %}\nend", "line1\n    v\nend")]
    [InlineData("{% set x %}\n a\n{% endset %}[{{ x }}]", "[ a\n]")]
    [InlineData("{% macro m() %}\n  a\n{% endmacro %}\n[{{ m() }}]", "[  a\n]")]
    [InlineData("{%- macro m() -%}\n  a\n{%- endmacro -%}\n[{{ m() }}]", "[a]")]
    [InlineData("a\n {% if true %}b{% endif %} {% if true %}c{% endif %}\nd", "a\nb cd")]
    public void Render_Tags_LeaveTheWhiteSpaceThatPythonLeaves(string template, string expected) => Assert.Equal(expected, JinjaRendering.Render(template));
}
