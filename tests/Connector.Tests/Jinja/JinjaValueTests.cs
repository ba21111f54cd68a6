using System.Numerics;
using System.Text.Json.Nodes;
using CurKv.Jinja;

namespace CurKv.Connector.Tests.Jinja;

/// <summary>JSON becomes values, and template objects that keep state.</summary>
public sealed class JinjaValueTests
{
    [Theory]
    [InlineData("1", "1 int")]
    [InlineData("-0", "0 int")]
    [InlineData("1.0", "1.0 float")]
    [InlineData("1e2", "100.0 float")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890 int")]
    [InlineData("0.1", "0.1 float")]
    [InlineData("true", "True bool")]
    [InlineData("null", "None none")]
    [InlineData("\"a\"", "a str")]
    [InlineData("[1, \"b\"]", "[1, 'b'] list")]
    [InlineData("{\"k\": null}", "{'k': None} dict")]
    public void Render_JsonValue_IsWhatPythonWouldRead(string json, string expected) => Assert.Equal(
        expected,
        JinjaRendering.Render(
            "{{ x }} {% if x is none %}none{% elif x is boolean %}bool{% elif x is integer %}int{% elif x is float %}float{% elif x is string %}str{% elif x is mapping %}dict{% else %}list{% endif %}",
            $$"""{ "x": {{json}} }"""));

    [Theory]
    [InlineData("1e23", "1e+23")]
    [InlineData("-1e23", "-1e+23")]
    [InlineData("1234567890123456.7", "1234567890123456.8")]
    [InlineData("-1234567890123456.7", "-1234567890123456.8")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("-5e-324", "-5e-324")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("-1.7976931348623157e308", "-1.7976931348623157e+308")]
    [InlineData("0.00001234", "1.234e-05")]
    [InlineData("-0.00001234", "-1.234e-05")]
    [InlineData("0.0001234", "0.0001234")]
    [InlineData("-0.0001234", "-0.0001234")]
    [InlineData("123456.789e3", "123456789.0")]
    [InlineData("-123456.789e3", "-123456789.0")]
    [InlineData("9007199254740993.0", "9007199254740992.0")]
    [InlineData("-9007199254740993.0", "-9007199254740992.0")]
    [InlineData("1e22", "1e+22")]
    [InlineData("-1e22", "-1e+22")]
    [InlineData("1.5e-7", "1.5e-07")]
    [InlineData("-1.5e-7", "-1.5e-07")]
    [InlineData("1e16", "1e+16")]
    [InlineData("-1e16", "-1e+16")]
    [InlineData("9999999999999998.0", "9999999999999998.0")]
    [InlineData("-9999999999999998.0", "-9999999999999998.0")]
    [InlineData("0.1", "0.1")]
    [InlineData("-0.1", "-0.1")]
    [InlineData("100.0", "100.0")]
    [InlineData("-100.0", "-100.0")]
    [InlineData("123.456", "123.456")]
    [InlineData("-123.456", "-123.456")]
    [InlineData("1e15", "1000000000000000.0")]
    [InlineData("-1e15", "-1000000000000000.0")]
    [InlineData("12345678901234567.0", "1.2345678901234568e+16")]
    [InlineData("-12345678901234567.0", "-1.2345678901234568e+16")]
    [InlineData("3.0", "3.0")]
    [InlineData("-3.0", "-3.0")]
    [InlineData("0.3", "0.3")]
    [InlineData("-0.3", "-0.3")]
    [InlineData("2.5e-05", "2.5e-05")]
    [InlineData("-2.5e-05", "-2.5e-05")]
    public void Render_Float_IsPythonsRepresentation(string literal, string expected) => Assert.Equal(expected, JinjaRendering.Render($"{{{{ {literal} }}}}"));

    [Fact]
    public void Render_NumbersOfDotNet_KeepTheirType()
    {
        JsonObject context = new() { ["i"] = 3, ["l"] = long.MaxValue, ["d"] = 2.0, ["f"] = 0.5f, ["m"] = 1.50m };

        Assert.Equal("3 9223372036854775807 2.0 0.5 1.5", JinjaRendering.Output(JinjaTemplate.Parse("{{ i }} {{ l }} {{ d }} {{ f }} {{ m }}"), context).Text);
        Assert.Equal((BigInteger.One << 70).ToString(System.Globalization.CultureInfo.InvariantCulture), JinjaRendering.Render("{{ 2 ** 70 }}"));
    }

    [Fact]
    public void Render_DictionaryWithAMethodsName_FindsTheMethodByDotAndTheMemberByIndex() =>
        Assert.Equal("True|2", JinjaRendering.Render("{{ x.items is callable }}|{{ x['items'] }}", """{ "x": { "items": 2 } }"""));

    [Fact]
    public void Render_SameTemplateOnManyThreads_IsTheSame()
    {
        JinjaTemplate template = JinjaTemplate.Parse("{% set ns = namespace(n=0) %}{% for i in range(x) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}");

        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
            Assert.Equal($"{i * (i - 1) / 2}", JinjaRendering.Output(template, new JsonObject { ["x"] = i }).Text));
    }

    [Theory]
    [InlineData("%Y-%m-%d %H:%M:%S", "2024-07-06 09:05:03")]
    [InlineData("%d %b %Y|%d %B %Y|%A %a|%-d %e|%j %I %p %y|%% %F %T %D %R", "06 Jul 2024|06 July 2024|Saturday Sat|6  6|188 09 AM 24|% 2024-07-06 09:05:03 07/06/24 09:05")]
    [InlineData("%U %W %V %u %w %G %C %f|%Z%z|%Q", "26 27 27 6 6 2024 20 000000||%Q")]
    public void StrftimeNow_Format_IsThatOfC(string format, string expected) => Assert.Equal(expected, JinjaRendering.Render($"{{{{ strftime_now('{format}') }}}}"));
}
