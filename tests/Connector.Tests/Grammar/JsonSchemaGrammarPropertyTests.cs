using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NJsonSchema;
using NJsonSchema.Validation;

namespace CurKv.Connector.Tests.Grammar;

public sealed class JsonSchemaGrammarPropertyTests
{
    private const int Schemas = 300;
    private const int TextsPerSchema = 8;

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Add_RandomSchemas_EverySentenceObeysTheSchema()
    {
        for (int seed = 0; seed < Schemas; seed++)
        {
            var random = new Random(seed);
            string text = new RandomSchemas(random).Schema().ToJsonString();
            JsonSchema schema = await JsonSchema.FromJsonAsync(text, TestContext.Current.CancellationToken);
            var sentences = new GbnfSentences(GbnfGrammar.Parse(JsonSchemaGrammarTests.Compile(text)), random);
            for (int i = 0; i < TextsPerSchema; i++)
            {
                string sentence = sentences.Next();
                if (HasSurrogates(sentence))
                {
                    continue; // One character to JSON Schema, two to NJsonSchema.
                }

                ICollection<ValidationError> errors = schema.Validate(sentence);
                Assert.True(errors.Count == 0, $"Seed {seed}: {sentence} violates {text}: {string.Join("; ", errors)}");
            }
        }
    }

    [Fact]
    public void Add_RandomSchemas_EveryValueThatObeysIsAccepted()
    {
        for (int seed = 0; seed < Schemas; seed++)
        {
            var schemas = new RandomSchemas(new Random(seed));
            JsonObject schema = schemas.Schema();
            var recogniser = new GbnfRecogniser(JsonSchemaGrammarTests.Compile(schema.ToJsonString()));
            for (int i = 0; i < TextsPerSchema; i++)
            {
                string text = JsonSerializer.Serialize(schemas.Value(schema), Compact);
                Assert.True(recogniser.Accepts(text), $"Seed {seed}: {text} should be accepted by {schema.ToJsonString()}");
            }
        }
    }

    private static bool HasSurrogates(string sentence)
    {
        using var document = JsonDocument.Parse(sentence);
        return JsonSerializer.Serialize(document.RootElement, Compact).Any(char.IsSurrogate) || sentence.Contains("\\ud", StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Add_SameSchema_GivesTheSameText()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            string schema = new RandomSchemas(new Random(seed)).Schema().ToJsonString();

            Assert.Equal(JsonSchemaGrammarTests.Compile(schema), JsonSchemaGrammarTests.Compile(schema));
        }
    }
}
