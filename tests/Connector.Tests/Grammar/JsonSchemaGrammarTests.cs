using System.Text.Json;
using CurKv.Grammar;
using CurKv.Grammar.Gbnf;

namespace CurKv.Connector.Tests.Grammar;

public sealed class JsonSchemaGrammarTests
{
    [Theory]
    [MemberData(nameof(SchemaCases.All), MemberType = typeof(SchemaCases))]
    public void Add_Schema_AcceptsWhatObeysItAndNothingElse(string schema, string[] accepted, string[] rejected)
    {
        var recogniser = new GbnfRecogniser(Compile(schema));

        Assert.All(accepted, text => Assert.True(recogniser.Accepts(text), $"{text} should be accepted by {schema}"));
        Assert.All(rejected, text => Assert.False(recogniser.Accepts(text), $"{text} should be rejected by {schema}"));
    }

    internal static string Compile(string schema, bool strict = true, Action<string>? relaxed = null)
    {
        using var document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 100_000 });
        var grammar = new GbnfBuilder();
        string rule = JsonSchemaGrammar.Add(grammar, "answer", document.RootElement, strict, relaxed);
        return grammar.Build(rule);
    }
}
