namespace CurKv.Connector.Tests.Jinja;

/// <summary>Statements, as Jinja2 in Python runs them.</summary>
public sealed class JinjaStatementTests
{
    [Theory]
    [InlineData("{% if []|select('odd') %}yes{% else %}no{% endif %} {% if [] %}y{% else %}n{% endif %}", "yes n")]
    [InlineData("{{ range(3)|list }} {{ range(1,4)|list }} {{ range(5,0,-2)|list }} {{ range(0)|list }} {% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }}{{ loop.cycle('a','b') }}{{ loop.changed(i//2) }};{% endfor %}", "[0, 1, 2] [1, 2, 3] [5, 3, 1] [] 1032TrueFalse311aTrue;2121FalseFalse3021bFalse;3210FalseTrue311aTrue;")]
    [InlineData("{% for a,b in [(1,2),[3,4]] %}{{ a }}{{ b }} {% endfor %}{% for k,v in {'x':1}.items() %}{{ k }}={{ v }}{% endfor %}{% for c in 'héy' %}{{ c }}.{% endfor %}{% for k in {'x':1,'y':2} %}{{ k }}{% endfor %}{% for x in [] %}a{% else %}empty{% endfor %}{% for i in [1,2,3,4] if i is even %}{{ i }}{{ loop.length }}{{ loop.first }}{% else %}none{% endfor %}{% for (a,b),c in [((1,2),3)] %}{{ a+b+c }}{% endfor %}", "12 34 x=1h.é.y.xyempty22True42False6")]
    [InlineData("{% for i in range(6) %}{% if i==1 %}{% continue %}{% endif %}{% if i==4 %}{% break %}{% endif %}{{ i }}{% endfor %}|{% for i in range(2) %}{% for j in range(3) %}{% if j==1 %}{% break %}{% endif %}{{ i }}{{ j }} {{ loop.depth }}{% endfor %}{% endfor %}", "023|00 110 1")]
    [InlineData("{% set x=1 %}{% for i in [1,2] %}{{ x }}{% set x=x+1 %}{{ x }}{% endfor %}{{ x }}", "12121")]
    [InlineData("{% set ns=namespace(a=1, l=[]) %}{% for i in [1,2] %}{% set ns.a=ns.a+i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns['a'] }}{% set ns.a, y = 5, 6 %}{{ ns.a }}{{ y }}{% set n2=namespace({'q':1}) %}{{ n2.q }}", "44561")]
    [InlineData("{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, %}{{ t }}{% set c %}  block {{ a }} {% endset %}[{{ c }}]{% set d | trim | upper %}  block {% endset %}[{{ d }}]{{ c|length }}", "12(1,)[  block 1 ][BLOCK]10")]
    [InlineData("{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}{{ caller is defined }}{% endmacro %}{{ m(1) }} {{ m(1,3) }} {{ m(b=5,a=4) }} {{ m(1,2,3,4,k=5) }}{{ m.name }}", "121(){}False 131(){}False 454(){}False 123(4,){'k': 5}Falsem")]
    [InlineData("{% macro m(a, b) %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }}{{ m() }}{{ m()|length }}{{ m(1) is string }}{{ m(b=1) }}", "[1][]2True[1]")]
    [InlineData("{% macro m(x) %}<{{ caller(x, 2) }}>{% endmacro %}{% call(a, b=9) m(1) %}{{ a }}-{{ b }}{% endcall %}{% macro n() %}({{ caller() }}){% endmacro %}{% call n() %}hi{% endcall %}", "<1-2>(hi)")]
    [InlineData("{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(5) }}{% set q=1 %}{% macro g() %}{{ q }}{% endmacro %}{{ g() }}{% set q=2 %}{{ g() }}", "5432112")]
    [InlineData("{% macro f() %}{{ late }}{% endmacro %}{% set late=3 %}{{ f() }}", "3")]
    [InlineData("{% filter upper %}abc {{ 'd' }}{% endfilter %}{% filter trim|replace('a','b') %}  aaa {% endfilter %}", "ABC Dbbb")]
    [InlineData("{% with a=1, b=2 %}{{ a+b }}{% endwith %}{{ a }}", "3")]
    [InlineData("{% raw %}{{ x }} {% if %}{% endraw %}|{% raw -%}  a  {%- endraw %}|", "{{ x }} {% if %}|a|")]
    [InlineData("{# comment #}a{#- c -#} b {# d -#}  c", "ab c")]
    [InlineData("{% if true %}a{% elif x %}b{% else %}c{% endif %}{% if x %}a{% elif 1 %}b{% else %}c{% endif %}{% if x %}a{% endif %}{{ 'a' if true else 'b' }}{{ 'a' if x }}{{ 'a' if x else 'b' if y else 'c' }}", "abac")]
    [InlineData("{{ [1,[2,[3]]]|tojson }} {{ [1,2].index(2) }} {{ [1,2,1].count(1) }} {% set l=[] %}{{ l.append(1) }}{% set _ = l.append(2) %}{{ l }}{{ l.pop() }}{{ l }}{% set _ = l.insert(0, 9) %}{{ l }}{% set _ = l.extend([7]) %}{{ l }}", "[1, [2, [3]]] 1 2 None[1, 2]2[1][9, 1][9, 1, 7]")]
    [InlineData("{% set d={'a':1} %}{% set _=d.update({'b':2}) %}{{ d }}{{ d.pop('a') }}{{ d }}{{ d.setdefault('z',1) }}{{ dict(a=1, b=2) }}{{ dict(d, q=1) }}{{ dict([('a',1)]) }}", "{'a': 1, 'b': 2}1{'b': 2}1{'a': 1, 'b': 2}{'b': 2, 'z': 1, 'q': 1}{'a': 1}")]
    [InlineData("{% set j=joiner('|') %}{{ j() }}a{{ j() }}b{{ j() }}c{% set c=cycler('x','y') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}", "a|b|cxyxy")]
    [InlineData("{% for c,g in [{'c':'b','v':1},{'c':'a','v':2},{'c':'b','v':3}]|groupby('c') %}{{ c }}{{ g|map(attribute='v')|list }}{% endfor %}", "a[2]b[1, 3]")]
    [InlineData("{{ loop }}{% for i in [1] %}{% for j in [1] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}", "11")]
    [InlineData("{% for i in [1,2] %}{{ loop is defined }}{% set z = i %}{% endfor %}{{ z is defined }}", "TrueTrueFalse")]
    [InlineData("{% set s='a' %}{% if true %}{% set s='b' %}{% endif %}{{ s }}", "b")]
    [InlineData("{% generation %}abc{{ 1 }}{% endgeneration %}", "abc1")]
    [InlineData("{% set x = [1,2,3] %}{{ x[-1] }}{{ x[1:][0] }}{{ x[x|length-1] }}{{ x[true] }}", "3232")]
    [InlineData("{% macro m(a, b, c=3) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(*[1, 2], **{'c': 4}) }}{{ m(1, *[2]) }}", "124123")]
    public void Render_Statements_GiveWhatPythonGives(string template, string expected) => Assert.Equal(expected, JinjaRendering.Render(template));
}
