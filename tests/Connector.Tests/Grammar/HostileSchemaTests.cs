using System.Globalization;
using System.Text.Json;
using CurKv.Grammar.Schema;

namespace CurKv.Connector.Tests.Grammar;

public sealed class HostileSchemaTests
{
    [Theory]
    [InlineData("""{"type":5}""", "type", "#")]
    [InlineData("""{"type":["string",5]}""", "1", "#/type/1")]
    [InlineData("""{"type":"text"}""", "type", "#")]
    [InlineData("""5""", "schema", "#")]
    [InlineData("""{"properties":{"a":5}}""", "schema", "#/properties/a")]
    [InlineData("""{"properties":[]}""", "properties", "#")]
    [InlineData("""{"required":"a"}""", "required", "#")]
    [InlineData("""{"required":[1]}""", "0", "#/required/0")]
    [InlineData("""{"items":{"minLength":-1}}""", "minLength", "#/items")]
    [InlineData("""{"minLength":"a"}""", "minLength", "#")]
    [InlineData("""{"minItems":1.5}""", "minItems", "#")]
    [InlineData("""{"type":"integer","minimum":"a"}""", "minimum", "#")]
    [InlineData("""{"type":"integer","multipleOf":0}""", "multipleOf", "#")]
    [InlineData("""{"type":"integer","multipleOf":-2}""", "multipleOf", "#")]
    [InlineData("""{"enum":5}""", "enum", "#")]
    [InlineData("""{"allOf":{}}""", "allOf", "#")]
    [InlineData("""{"$ref":"#"}""", "$ref", "#")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/a"}]}}}""", "$ref", "#/$defs/b/anyOf/1")]
    [InlineData("""{"items":{"$ref":"#/$defs/none"}}""", "$ref", "#/items")]
    [InlineData("""{"$ref":"https://example.com/schema"}""", "$ref", "#")]
    [InlineData("""{"$ref":5}""", "$ref", "#")]
    [InlineData("""{"items":{"type":"null"},"minItems":1000000000}""", "minItems", "#")]
    [InlineData("""{"minLength":99999999999999999999}""", "minLength", "#")]
    [InlineData("""{"minLength":5,"maxLength":4}""", "minLength", "#")]
    [InlineData("""{"items":{"type":"null"},"minItems":3,"maxItems":2}""", "minItems", "#")]
    [InlineData("""{"minProperties":1000000000}""", "minProperties", "#")]
    [InlineData("""{"minProperties":3,"properties":{"a":{}},"additionalProperties":false}""", "minProperties", "#")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "minimum", "#")]
    [InlineData("""{"type":"integer","minimum":1e300}""", "minimum", "#")]
    [InlineData("""{"type":"number","minimum":1e-40}""", "minimum", "#")]
    [InlineData("""{"allOf":[{"type":"string"},{"type":"null"}]}""", "type", "#/allOf/1")]
    [InlineData("""{"type":"integer","enum":["a"]}""", "enum", "#")]
    [InlineData("""{"enum":[]}""", "enum", "#")]
    [InlineData("""false""", "schema", "#")]
    [InlineData("""{"properties":{"a":false},"required":["a"]}""", "schema", "#/properties/a")]
    [InlineData("""{"properties":{"next":{"$ref":"#"}},"required":["next"]}""", "required", "#")]
    [InlineData("""{"items":{"$ref":"#"},"minItems":1}""", "required", "#")]
    [InlineData("""{"pattern":"(?=a)"}""", "pattern", "#")]
    [InlineData("""{"pattern":"(a)\\1"}""", "pattern", "#")]
    [InlineData("""{"pattern":"\\bword"}""", "pattern", "#")]
    [InlineData("""{"pattern":"\\p{L}"}""", "pattern", "#")]
    [InlineData("""{"pattern":"\\Aword\\z"}""", "pattern", "#")]
    [InlineData("""{"pattern":"a^b"}""", "pattern", "#")]
    [InlineData("""{"pattern":"(a"}""", "pattern", "#")]
    [InlineData("""{"pattern":"a)"}""", "pattern", "#")]
    [InlineData("""{"pattern":"[a"}""", "pattern", "#")]
    [InlineData("""{"pattern":"[z-a]"}""", "pattern", "#")]
    [InlineData("""{"pattern":"*"}""", "pattern", "#")]
    [InlineData("""{"pattern":"a{2,1}"}""", "pattern", "#")]
    [InlineData("""{"pattern":"a{x}"}""", "pattern", "#")]
    [InlineData("""{"pattern":"\\"}""", "pattern", "#")]
    [InlineData("""{"pattern":"\\u12"}""", "pattern", "#")]
    [InlineData("""{"pattern":"((a{1000}){1000}){1000}"}""", "pattern", "#")]
    [InlineData("""{"pattern":"(a|b)*a(a|b){20}"}""", "pattern", "#")]
    [InlineData("""{"pattern":"^a*$","maxLength":1000000}""", "maxLength", "#")]
    [InlineData("""{"pattern":"^a$","format":"date"}""", "pattern", "#")]
    [InlineData("""{"const":"\ud800"}""", "enum", "#/const")]
    [InlineData("""{"type":"\ud800"}""", "type", "#/type")]
    public void Add_SchemaThatCannotBe_NamesKeywordAndPath(string schema, string keyword, string path)
    {
        JsonSchemaException exception = Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(schema));

        Assert.Equal((keyword, path), (exception.Keyword, exception.Path));
        Assert.Contains($"'{keyword}' at '{path}'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not", "{}")]
    [InlineData("contains", "{}")]
    [InlineData("uniqueItems", "true")]
    [InlineData("patternProperties", """{"^a":{}}""")]
    [InlineData("dependentRequired", """{"a":["b"]}""")]
    [InlineData("unevaluatedProperties", "false")]
    [InlineData("$dynamicRef", "\"#a\"")]
    [InlineData("pattern", "\"(?!a)\"")]
    [InlineData("multipleOf", "0.3")]
    public void Add_KeywordThatNoGrammarEnforces_StrictThrowsAndRelaxedSaysSo(string keyword, string value)
    {
        string schema = $$"""{"items":{"type":["string","number","object","array"],"{{keyword}}":{{value}} } }""";
        var lines = new List<string>();

        JsonSchemaException exception = Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(schema));
        string grammar = JsonSchemaGrammarTests.Compile(schema, strict: false, lines.Add);

        Assert.Equal((keyword, "#/items"), (exception.Keyword, exception.Path));
        Assert.Equal([exception.Message], lines);
        Assert.True(new GbnfRecogniser(grammar).Accepts("[\"a\",1,{},[]]"));
    }

    [Fact]
    public void Add_DeepNesting_NamesThePathInsteadOfOverflowingTheStack()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"items":""", 10_000)) + "{}" + new string('}', 10_000);

        JsonSchemaException exception = Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(deep));

        Assert.StartsWith("#/items/items", exception.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "{1}", 20_000)]
    [InlineData("a", "*", 49_000)]
    [InlineData("(a", "?)", 2_000)]
    [InlineData("", "(", 49_000)]
    public void Add_PatternOfManyQuantifiersOrGroups_IsRefused(string start, string repeated, int count)
    {
        string schema = JsonSerializer.Serialize(new { type = "string", pattern = start + string.Concat(Enumerable.Repeat(repeated, count)) });

        JsonSchemaException exception = Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(schema));

        Assert.Equal("pattern", exception.Keyword);
        Assert.NotEmpty(JsonSchemaGrammarTests.Compile(schema, strict: false));
    }

    [Fact]
    public void Add_PatternThatRepeatsNothingWithoutEnd_Ends()
    {
        var recogniser = new GbnfRecogniser(JsonSchemaGrammarTests.Compile("""{"pattern":"^a(){10000}{10000}{10000}{10000}b{1}{1}$"}"""));

        Assert.True(recogniser.Accepts("\"ab\""));
        Assert.False(recogniser.Accepts("\"abb\""));
    }

    [Theory]
    [InlineData("37")]
    [InlineData("997")]
    [InlineData("1001")]
    public void Add_DivisorOfManyStates_StrictThrowsAndRelaxedSaysSo(string divisor)
    {
        string schema = $$"""{"properties":{"a":{"type":"integer","multipleOf":{{divisor}} } } }""";
        var lines = new List<string>();

        string relaxed = JsonSchemaGrammarTests.Compile(schema, strict: false, lines.Add);

        Assert.True(new GbnfRecogniser(relaxed).Accepts("""{"a":1}"""));
        Assert.Contains("'multipleOf' at '#/properties/a'", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal(lines[0], Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(schema)).Message);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(50)]
    [InlineData(60)]
    [InlineData(300)]
    [InlineData(350)]
    [InlineData(500)]
    [InlineData(1000)]
    public void Add_Divisor_IsASmallGrammar(int divisor)
    {
        string grammar = JsonSchemaGrammarTests.Compile($$"""{"type":"integer","multipleOf":{{divisor}} }""");
        var recogniser = new GbnfRecogniser(grammar);

        Assert.InRange(grammar.Length, 1, 65_536);
        Assert.All(Enumerable.Range(-1200, 2400), i => Assert.Equal(i % divisor == 0, recogniser.Accepts(i.ToString(CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Add_NamesThatNeedTooManyStates_StrictThrowsAndRelaxedSaysSo()
    {
        const string schema = """{"properties":{"abcdefghijklm":{}},"additionalProperties":{"type":"null"},"propertyNames":{"pattern":"^[a-z]{4990}$"}}""";
        string name = new('x', 10);
        var lines = new List<string>();

        string relaxed = JsonSchemaGrammarTests.Compile(schema, strict: false, lines.Add);

        Assert.True(new GbnfRecogniser(relaxed).Accepts($$"""{"{{name}}":null}"""));
        Assert.Contains("'propertyNames' at '#'", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal(lines[0], Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(schema)).Message);
    }

    [Theory]
    [InlineData("allOf")]
    [InlineData("anyOf")]
    public void Add_DeepApplicators_AreRefused(string keyword)
    {
        string deep = string.Concat(Enumerable.Repeat($$"""{"{{keyword}}":[""", 10_000)) + "{}" + string.Concat(Enumerable.Repeat("]}", 10_000));

        Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(deep));
    }

    [Fact]
    public void Add_DeepValue_IsRefused()
    {
        string deep = $$"""{"const":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""";

        Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile(deep));
    }

    [Fact]
    public void Add_ReferencesThatDouble_AreRefused()
    {
        string definitions = string.Join(',', Enumerable.Range(0, 60).Select(i => $$"""
            "d{{i}}":{"allOf":[{"$ref":"#/$defs/d{{i + 1}}"},{"$ref":"#/$defs/d{{i + 1}}"}]}
            """));

        Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile($$"""{"$ref":"#/$defs/d0","$defs":{ {{definitions}},"d60":{} } }"""));
    }

    [Fact]
    public void Add_AlternativesThatMultiply_AreRefused()
    {
        string all = string.Join(',', Enumerable.Range(0, 12).Select(_ => """{"anyOf":[{"minLength":1},{"minLength":2}]}"""));

        JsonSchemaException exception = Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammarTests.Compile($$"""{"allOf":[{{all}}]}"""));

        Assert.Equal("allOf", exception.Keyword);
    }

    [Fact]
    public void Add_EnumOfTenThousandStrings_NeedsFewStacks()
    {
        var values = Enumerable.Range(0, 10_000).Select(i => $"value {i * 7919 % 10_000}").ToList();
        var recogniser = new GbnfRecogniser(JsonSchemaGrammarTests.Compile($$"""{"enum":{{JsonSerializer.Serialize(values)}}}"""));

        Assert.All(values.Take(100), value => Assert.True(recogniser.Accepts($"\"{value}\"")));
        Assert.False(recogniser.Accepts("\"value 10000\""));
        Assert.InRange(recogniser.MaxStacks, 1, 16);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(0)]
    public void Add_NestedAlternativesThatBeginAlike_NeedFewStacks(int depth)
    {
        // Each level leads to the next, or, of depth 0, to itself.
        string levels = string.Join(',', Enumerable.Range(0, Math.Max(depth, 1)).Select(i =>
        {
            string inner = $$"""{"anyOf":[{"type":"null"},{"$ref":"#/$defs/n{{(depth == 0 ? 0 : i + 1)}}"}]}""";
            string shared = $$"""{"$ref":"#/$defs/v{{i}}"}""";
            return $$"""
                "v{{i}}":{{inner}},
                "n{{i}}":{"anyOf":[{"properties":{"a":{{shared}},"b":{"type":"null"} },"required":["a","b"]},{"properties":{"a":{{shared}},"c":{"type":"null"} },"required":["a","c"]}]}
                """;
        }));
        var recogniser = new GbnfRecogniser(JsonSchemaGrammarTests.Compile($$"""{"$ref":"#/$defs/n0","$defs":{ {{levels}},"n{{Math.Max(depth, 1)}}":{"type":"null"} } }"""));
        string text = string.Concat(Enumerable.Repeat("{\"a\": ", 20)) + "null" + string.Concat(Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? ", \"b\": null}" : ", \"c\": null}"));

        Assert.True(recogniser.Accepts(text));
        Assert.False(recogniser.Accepts(text.Replace("\"c\"", "\"d\"", StringComparison.Ordinal)));
        Assert.InRange(recogniser.MaxStacks, 1, 16);
    }

    [Fact]
    public void Add_ThousandOptionalProperties_Compiles()
    {
        string properties = string.Join(',', Enumerable.Range(0, 1000).Select(i => $$"""
            "p{{i}}":{"type":"null"}
            """));
        var recogniser = new GbnfRecogniser(JsonSchemaGrammarTests.Compile($$"""{"properties":{ {{properties}} } }"""));

        Assert.True(recogniser.Accepts("""{"p3":null,"p999":null}"""));
        Assert.False(recogniser.Accepts("""{"p999":null,"p3":null}"""));
    }
}
