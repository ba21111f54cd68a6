using System.Text.Json;

namespace CurKv.Samples.Tests;

public class EvaluationTests
{
    private const string Policy = "snapkv(window=24,pool=21)+4*curdkv";
    private static readonly string[] Regimes = ["aware", "agnostic"];
    private static readonly string[] Settings = ["none 0", $"{Policy} 0.8", $"{Policy} 0.9", "random 0.8", "random 0.9"];

    [Fact]
    public async Task Run_Json_PrintsOneObjectWithARowForEachSetting()
    {
        (int exitCode, string output, _) = await Programs.RunEvaluationAsync(
            "--quick", "--json", "--limit", "1", "--length", "1024", "--family", "niah_single", "kv_lookup", "--policy", Policy, "random", "--threads", "1");

        Assert.Equal(0, exitCode);
        JsonElement[] rows = [.. JsonDocument.Parse(output).RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(
            from regime in Regimes
            from setting in Settings
            select $"{regime} {setting}",
            rows.Select(row => $"{row.GetProperty("regime").GetString()} {row.GetProperty("policy").GetString()} {row.GetProperty("ratio").GetRawText()}"));
        Assert.All(rows, row => Assert.Equal((1024, 2), (row.GetProperty("length").GetInt32(), row.GetProperty("n").GetInt32())));

        int Right(string regime, string policy) => rows
            .Where(row => row.GetProperty("regime").GetString() == regime && row.GetProperty("policy").GetString() == policy)
            .Sum(row => row.GetProperty("right").GetInt32());
        Assert.Equal((2, 2), (Right("aware", "none"), Right("agnostic", "none")));
        Assert.True(Right("aware", Policy) > Right("aware", "random"));
    }

    [Fact]
    public async Task Run_UnknownPolicy_PointsAtTheCharacter()
    {
        (int exitCode, _, string error) = await Programs.RunEvaluationAsync("--policy", "chunk(snapvk)");

        Assert.Equal(1, exitCode);
        Assert.Contains("character 7", error, StringComparison.Ordinal);
    }
}
