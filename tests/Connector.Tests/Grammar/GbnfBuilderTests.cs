using CurKv.Grammar;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Tests.Grammar;

public sealed class GbnfBuilderTests
{
    [Fact]
    public void Add_NameThatAnotherBodyHas_MakesItUnique()
    {
        var grammar = new GbnfBuilder();

        Assert.Equal("a", grammar.Add("a", "\"x\""));
        Assert.Equal("a", grammar.Add("a", "\"x\""));
        Assert.Equal("a-2", grammar.Add("a", "\"y\""));
        Assert.Equal("a-2", grammar.Add("a", "\"y\""));
        Assert.True(grammar.Contains("a-2"));
        Assert.False(grammar.Contains("b"));
    }

    [Theory]
    [InlineData("my_rule é", "my-rule--")]
    [InlineData("", "rule")]
    [InlineData("root", "root-2")]
    public void Add_NameThatGbnfDoesNotKnow_IsSanitised(string name, string expected) =>
        Assert.Equal(expected, new GbnfBuilder().Add(name, "\"x\""));

    [Fact]
    public void Build_EmptyBody_DoesNotSwallowTheNextRule()
    {
        var grammar = new GbnfBuilder();
        string empty = grammar.Add("empty", string.Empty);

        Assert.Equal("root ::= empty\nempty ::= \"\"\n", grammar.Build(empty));
    }

    [Fact]
    public void Build_ReservedRuleWithoutBody_Throws()
    {
        var grammar = new GbnfBuilder();
        grammar.Reserve("later");

        Assert.Throws<InvalidOperationException>(() => grammar.Build("\"x\""));
    }

    [Fact]
    public void Define_NameThatIsNotReserved_Throws() =>
        Assert.Throws<InvalidOperationException>(() => new GbnfBuilder().Define("a", "\"x\""));

    [Theory]
    [InlineData("plain [a] (b)")]
    [InlineData("\"quotes\" and \\ backslash")]
    [InlineData("line\r\n\ttab\u0001\u007f")]
    [InlineData("é中😀")]
    public void Literal_AnyText_MatchesItAndNothingElse(string text)
    {
        var recogniser = new GbnfRecogniser(new GbnfBuilder().Build(GbnfBuilder.Literal(text)));

        Assert.True(recogniser.Accepts(text));
        Assert.False(recogniser.Accepts(text + "x"));
        Assert.False(recogniser.Accepts(text[1..]));
    }

    [Fact]
    public void Add_SeveralSchemasInOneGrammar_DoNotMix()
    {
        var grammar = new GbnfBuilder();
        using var first = System.Text.Json.JsonDocument.Parse("""{"properties":{"value":{"type":"string"}},"required":["value"]}""");
        using var second = System.Text.Json.JsonDocument.Parse("""{"properties":{"value":{}},"required":["value"]}""");
        string one = JsonSchemaGrammar.Add(grammar, "string", first.RootElement);
        string two = JsonSchemaGrammar.Add(grammar, "string", second.RootElement);
        var recogniser = new GbnfRecogniser(grammar.Build($"\"1\" {one} | \"2\" {two} | \"3\" {JsonSchemaGrammar.AddAnyObject(grammar)}"));

        Assert.True(recogniser.Accepts("""1{"value":"x"}"""));
        Assert.False(recogniser.Accepts("""1{"value":5}"""));
        Assert.True(recogniser.Accepts("""2{"value":5}"""));
        Assert.True(recogniser.Accepts("""3{"a":{"b":[]}}"""));
        Assert.False(recogniser.Accepts("3[]"));
    }
}
