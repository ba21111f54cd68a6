using CurKv.Jinja;

namespace CurKv.Connector.Tests.Jinja;

/// <summary>Strings carry where they came from through all that templates do with them.</summary>
public sealed class JinjaOriginTests
{
    private const string Context = """
        {
          "s": "  ab<c>  ",
          "t": "x,y,z",
          "think": "<think>why</think>because",
          "messages": [{ "role": "user", "content": "Hi \"you\"" }, { "role": "tool", "content": ["p", { "text": "q" }] }],
          "tools": [{ "name": "f", "n": 1 }, { "name": "g", "args": { "city": "string" } }]
        }
        """;

    // The text with each input in brackets: [path:characters].
    [Theory]
    [InlineData("{{ t }}", "[t:x,y,z]")]
    [InlineData("t{{ 'u' }}", "tu")]
    [InlineData("{{ messages[0].content }}", "[messages[0].content:Hi \"you\"]")]
    [InlineData("{{ messages[0]['role'] + ': ' + messages[0]['content'] }}", "[messages[0].role:user]: [messages[0].content:Hi \"you\"]")]
    [InlineData("{{ '<' ~ t ~ '>' ~ 1 ~ t }}", "<[t:x,y,z]>1[t:x,y,z]")]
    [InlineData("{{ t ~ t }}", "[t:x,y,zx,y,z]")]
    [InlineData("{{ s | trim }}", "[s:ab<c>]")]
    [InlineData("{{ ('(' + s + ')').strip('()') }}", "[s:  ab<c>  ]")]
    [InlineData("{{ ('-' + s + '-') | trim }}", "-[s:  ab<c>  ]-")]
    [InlineData("{{ s.strip()[2:] }}", "[s:<c>]")]
    [InlineData("{{ ('12' ~ t ~ '34')[1:4] }}", "2[t:x,]")]
    [InlineData("{{ ('12' ~ t)[::-1] }}", "[t:z,y,x]21")]
    [InlineData("{{ ('12' ~ t)[2] }}", "[t:x]")]
    [InlineData("{{ t.split(',')[1] }}", "[t:y]")]
    [InlineData("{{ t.split(',') | join(' and ') }}", "[t:x] and [t:y] and [t:z]")]
    [InlineData("{{ think.split('</think>')[-1].lstrip('\\n') }}", "[think:because]")]
    [InlineData("{{ think.split('</think>')[0].split('<think>')[-1] }}", "[think:why]")]
    [InlineData("{{ t.replace(',', '/') }}", "[t:x]/[t:y]/[t:z]")]
    [InlineData("{{ t.replace(',', '') }}", "[t:xyz]")]
    [InlineData("{{ 'a-b' | replace('-', t) }}", "a[t:x,y,z]b")]
    [InlineData("{{ t | upper ~ t.title() }}", "[t:X,Y,ZX,Y,Z]")]
    [InlineData("{{ t | indent(2, true) }}", "  [t:x,y,z]")]
    [InlineData("{{ '%s!' % t }}{{ '<{}>'.format(t) }}{{ '%s'|format(t) }}", "[t:x,y,z]!<[t:x,y,z]>[t:x,y,z]")]
    [InlineData("{{ s | e }}", "[s:  ab&lt;c&gt;  ]")]
    [InlineData("{{ t | first }}{{ t | reverse }}{{ t | list | last }}", "[t:xz,y,xz]")]
    [InlineData("{% for c in 'a' ~ t[0] %}{{ c }}.{% endfor %}", "a.[t:x].")]
    [InlineData("{% set x %}<{{ t }}>{% endset %}{{ x }}{{ x | trim }}", "<[t:x,y,z]><[t:x,y,z]>")]
    [InlineData("{% macro m(v) %}<{{ v }}{{ caller() }}>{% endmacro %}{% call m(t) %}!{{ t[0] }}{% endcall %}", "<[t:x,y,z]![t:x]>")]
    [InlineData("{% filter trim %} {{ t }} {% endfilter %}", "[t:x,y,z]")]
    [InlineData("{% set ns = namespace(s='') %}{% for m in messages %}{% set ns.s = ns.s + m.role %}{% endfor %}{{ ns.s }}", "[messages[0].role:user][messages[1].role:tool]")]
    [InlineData("{{ messages | map(attribute='role') | join }}", "[messages[0].role:user][messages[1].role:tool]")]
    [InlineData("{{ (messages | selectattr('role', 'equalto', 'tool') | first).content[1].text }}", "[messages[1].content[1].text:q]")]
    [InlineData("{{ tools[0] | tojson }}", "[tools[0]:{\"name\": \"f\", \"n\": 1}]")]
    [InlineData("{{ tools | tojson }}", "[tools:[{\"name\": \"f\", \"n\": 1}, {\"name\": \"g\", \"args\": {\"city\": \"string\"}}]]")]
    [InlineData("{{ tools[1].args | tojson(indent=1) }}", "[tools[1].args:{\n \"city\": \"string\"\n}]")]
    [InlineData("{{ {'a': tools[0], 'b': 'c'} | tojson }}", "{\"a\": [tools[0]:{\"name\": \"f\", \"n\": 1}], \"b\": \"c\"}")]
    [InlineData("{{ {'text': messages[0].content} | tojson }}", "{\"text\": \"[messages[0].content:Hi \\\"you\\\"]\"}")]
    [InlineData("{{ ('a' ~ messages[0].content) | tojson }}", "\"a[messages[0].content:Hi \\\"you\\\"]\"")]
    [InlineData("{{ messages[1].content }}", "[messages[1].content:['p', {'text': 'q'}]]")]
    [InlineData("{{ [t, 'u'] }}", "['[t:x,y,z]', 'u']")]
    [InlineData("{% for k, v in tools[1].args.items() %}{{ k }}={{ v }}{% endfor %}", "[tools[1].args.city:city]=[tools[1].args.city:string]")]
    [InlineData("{{ tools[0].n }}{{ t | length }}{{ t == 'x' }}", "15False")]
    [InlineData("{{ missing or t }}{{ t if t else '' }}{{ missing | default(t) }}", "[t:x,y,zx,y,zx,y,z]")]
    public void Render_InputThroughOperations_KeepsItsOrigin(string template, string expected)
    {
        JinjaOutput output = JinjaRendering.Output(template, Context);

        Assert.Equal(expected, Marked(output));
    }

    [Fact]
    public void Render_InputNextToItself_IsOneSpanOnlyWhereItIsOnePlace()
    {
        JinjaOutput output = JinjaRendering.Output("{{ a }}{{ a }}{{ b }}", """{ "a": "1", "b": "1" }""");

        Assert.Equal([new JinjaSpan(0..2, "a"), new JinjaSpan(2..3, "b")], output.Inputs);
    }

    private static string Marked(JinjaOutput output)
    {
        string text = output.Text;
        foreach (JinjaSpan span in output.Inputs.Reverse())
        {
            text = $"{text[..span.Range.Start.Value]}[{span.Path}:{text[span.Range]}]{text[span.Range.End.Value..]}";
        }

        return text;
    }
}
