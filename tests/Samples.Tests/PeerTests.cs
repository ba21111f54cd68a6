using System.Text.Json;

namespace CurKv.Samples.Tests;

public class PeerTests
{
    [Fact]
    public async Task RunPeer_Json_PrintsEveryWayOfAskingAndEveryProbe()
    {
        (int exitCode, string output, string error) = await Programs.RunBenchmarksAsync("peer", "--json", "--quick", "--threads", "1");

        Assert.Equal((0, string.Empty), (exitCode, error));
        JsonElement report = JsonDocument.Parse(output).RootElement;
        Assert.Equal((1, Environment.ProcessorCount), (report.GetProperty("threads").GetInt32(), report.GetProperty("processors").GetInt32()));
        JsonElement[] answers = [.. report.GetProperty("answers").EnumerateArray()];
        Assert.Equal(5, answers.Length);
        Assert.All(answers, row => Assert.Equal(2, row.GetProperty("asked").GetInt32()));
        Assert.All(answers[..3], row => Assert.Equal(2, row.GetProperty("right").GetInt32()));
        Assert.All(answers, row => Assert.True(row.GetProperty("question_seconds").GetDouble() > 0));

        Dictionary<string, JsonElement> outcomes = report.GetProperty("outcomes").EnumerateArray().ToDictionary(row => row.GetProperty("probe").GetString()!);
        Assert.All(outcomes.Values, row => Assert.NotEmpty(row.GetProperty("peer").GetString()!));
        Assert.EndsWith("out", Own("usage"), StringComparison.Ordinal);
        Assert.Equal("honoured", Own("stop"));
        Assert.StartsWith("get_weather(city: ", Own("tools"), StringComparison.Ordinal);
        Assert.Equal("obeyed", Own("schema"));
        Assert.Equal("a value of the type", Own("typed"));
        Assert.Equal("NotSupportedException", Own("image"));
        Assert.Equal("LlamaGrammarException", Own("grammar"));
        Assert.Equal("2 of 2 right", Own("two"));

        // A fast machine may have read the book before the cancellation comes.
        Assert.Matches("CanceledException|too fast", Own("cancel"));

        string Own(string probe) => outcomes[probe].GetProperty("own").GetString()!;
    }
}
