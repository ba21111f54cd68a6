using System.Text.Json;
using System.Text.Json.Nodes;
using CurKv.Connector.Tests.Grammar;
using Microsoft.Extensions.AI;
using NJsonSchema;

namespace CurKv.Connector.Tests.Conformance;

public sealed partial class PebbleConformanceTests
{
    // In parts, so that each takes seconds.
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(100)]
    [InlineData(150)]
    public async Task GetResponseAsync_RandomSchemas_AreObeyed(int first)
    {
        HashSet<string> answers = [];
        for (int seed = first; seed < first + 50; seed++)
        {
            JsonObject schema = BoundedSchemas.Of(new RandomSchemas(new Random(seed)).Schema());
            var options = new ChatOptions { Temperature = 2, Seed = seed, ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonSerializer.SerializeToElement(schema)) };

            ChatResponse response = await AskAsync(FormQuestion, options);

            answers.Add(response.Text);
            Assert.True(response.FinishReason == ChatFinishReason.Stop, $"Seed {seed}: {response.FinishReason} after {response.Text} by {schema.ToJsonString()}");
            JsonSchema validator = await JsonSchema.FromJsonAsync(schema.ToJsonString(), Cancellation);
            Assert.True(validator.Validate(response.Text).Count == 0, $"Seed {seed}: {response.Text} violates {schema.ToJsonString()}: {string.Join("; ", validator.Validate(response.Text))}");
        }

        // Some schemas are those of a truth value.
        Assert.InRange(answers.Count, 26, 50);
    }
}
