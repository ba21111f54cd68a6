using System.Text.Json;
using CurKv.Connector.Tests.Chat;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

public abstract partial class ChatClientConformance
{
    protected const string FormQuestion = "Fill in the form.";

    /// <summary>A choice.</summary>
    protected enum Colour
    {
        Red,
        Green,
        Blue,
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Json_IsJson(bool streaming)
    {
        for (int seed = 1; seed <= 4; seed++)
        {
            ChatOptions options = Ending(seed);
            options.ResponseFormat = ChatResponseFormat.Json;
            ChatResponse response = await CallAsync(Client, streaming, $"{Question} Answer in JSON.", options, Cancellation);

            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            Assert.Equal(JsonValueKind.Object, JsonElement.Parse(response.Text).ValueKind);
        }
    }

    [Fact]
    public async Task GetResponseAsync_TextFormat_IsTheDefault()
    {
        var options = new ChatOptions { Temperature = 0, ResponseFormat = ChatResponseFormat.Text };

        Assert.Equal(await InputTokensAsync(Question), await InputTokensAsync(Question, options));
        Assert.Equal((await AskAsync(Question, Pebble.Greedy)).Text, (await AskAsync(Question, options)).Text);
    }

    // The extension method does not tell the model of the schema: that is the client's part.
    [Fact]
    public async Task GetResponseAsync_Schema_IsInThePrompt()
    {
        ChatResponseFormat one = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type": "object", "properties": {"code": {"type": "string"}}}"""));
        ChatResponseFormat two = ChatResponseFormat.ForJsonSchema(
            JsonElement.Parse("""{"type": "object", "properties": {"code": {"type": "string"}, "gate": {"type": "string", "description": "The gate of the code."}}}"""));
        long plain = await InputTokensAsync(Question);
        long small = await InputTokensAsync(Question, new ChatOptions { ResponseFormat = one });

        Assert.True(small > plain + 5);
        Assert.True(await InputTokensAsync(Question, new ChatOptions { ResponseFormat = two }) > small + 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task GetResponseAsync_OfRecord_Parses(int seed)
    {
        Person person = await AskAsync<Person>(seed);

        Assert.NotNull(person.Name);
        Assert.InRange(person.Favourite, Colour.Red, Colour.Blue);
        Assert.NotNull(person.Home.Street);
        Assert.InRange(person.Tags.Length, 0, 1000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task GetResponseAsync_OfValues_Parses(int seed)
    {
        Assert.InRange(await AskAsync<Colour>(seed), Colour.Red, Colour.Blue);
        Assert.IsType<bool>(await AskAsync<bool>(seed));
        Assert.IsType<long>(await AskAsync<long>(seed));
        Assert.IsType<double>(await AskAsync<double>(seed));
        Assert.NotNull(await AskAsync<string>(seed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task GetResponseAsync_OfArrays_Parses(int seed)
    {
        Assert.NotNull(await AskAsync<long[]>(seed));
        Assert.All(await AskAsync<List<Colour>>(seed), colour => Assert.InRange(colour, Colour.Red, Colour.Blue));
        Assert.All(await AskAsync<Address[]>(seed), address => Assert.NotNull(address.Street));
    }

    [Fact]
    public async Task GetResponseAsync_SchemaAndTools_GivesOneOfThem()
    {
        ChatOptions options = Tools.Offer(Tools.Weather);
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema<Address>();

        ChatResponse response = await AskAsync(Tools.WeatherQuestion, options);

        Assert.True(response.Calls().Count > 0 || JsonSerializer.Deserialize<Address>(response.Text, AIJsonUtilities.DefaultOptions) is not null);
    }

    [Fact]
    public async Task GetResponseAsync_SchemaCutByTheLimit_SaysSo()
    {
        var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 3, ResponseFormat = ChatResponseFormat.ForJsonSchema<Person>() };

        Assert.Equal(ChatFinishReason.Length, (await AskAsync(FormQuestion, options)).FinishReason);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_Schema_ComesInPieces()
    {
        List<ChatResponseUpdate> updates = await ReadAsync(FormQuestion, new ChatOptions { Temperature = 0, ResponseFormat = ChatResponseFormat.ForJsonSchema<Address>() });

        Assert.True(updates.Count(update => update.Text.Length > 0) > 3, "The answer did not come in pieces.");
        Assert.NotNull(JsonSerializer.Deserialize<Address>(string.Concat(updates.Select(update => update.Text)), AIJsonUtilities.DefaultOptions));
    }

    /// <summary>Options under which a form is filled in at random, and comes to an end.</summary>
    protected virtual ChatOptions Ending(int seed) => new() { Temperature = 1, Seed = seed };

    private async Task<T> AskAsync<T>(int seed)
    {
        ChatResponse<T> response = await Client.GetResponseAsync<T>(FormQuestion, Ending(seed), cancellationToken: Cancellation);

        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.True(response.TryGetResult(out T? result), response.Text);
        return result;
    }

    /// <summary>An object in an object.</summary>
    protected sealed record Address(string Street, long Number);

    /// <summary>An object of everything. Whole numbers are long: a schema's have no bounds.</summary>
    protected sealed record Person(string Name, long Age, double Height, bool Member, Colour Favourite, Address Home, string[] Tags, long? Shoe);
}
