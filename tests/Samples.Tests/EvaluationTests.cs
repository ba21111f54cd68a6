using System.Text.Json;

namespace CurKv.Samples.Tests;

public class EvaluationTests
{
    [Fact]
    public async Task Run_Json_PrintsOneObjectWithARowForEachSetting()
    {
        (int exitCode, string output, _) = await Programs.RunEvaluationAsync(
            "--quick", "--json", "--limit", "1", "--length", "1024", "--family", "niah_single", "kv_lookup", "--policy", "snapkv(window=24,pool=21)+4*curdkv", "random", "--threads", "1");

        Assert.Equal(0, exitCode);
        JsonElement[] rows = [.. JsonDocument.Parse(output).RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(
            from regime in new[] { "aware", "agnostic" }
            from setting in new[] { "none 0", "snapkv(window=24,pool=21)+4*curdkv 0.8", "snapkv(window=24,pool=21)+4*curdkv 0.9", "random 0.8", "random 0.9" }
            select $"{regime} {setting}",
            rows.Select(row => $"{row.GetProperty("regime").GetString()} {row.GetProperty("policy").GetString()} {row.GetProperty("ratio").GetRawText()}"));
        Assert.All(rows, row => Assert.Equal((1024, 2), (row.GetProperty("length").GetInt32(), row.GetProperty("n").GetInt32())));

        int Right(string regime, string policy) => rows
            .Where(row => row.GetProperty("regime").GetString() == regime && row.GetProperty("policy").GetString() == policy)
            .Sum(row => row.GetProperty("right").GetInt32());
        Assert.Equal((2, 2), (Right("aware", "none"), Right("agnostic", "none")));
        Assert.True(Right("aware", "snapkv(window=24,pool=21)+4*curdkv") > Right("aware", "random"));
    }

    [Fact]
    public async Task Run_UnknownPolicy_PointsAtTheCharacter()
    {
        (int exitCode, _, string error) = await Programs.RunEvaluationAsync("--policy", "chunk(snapvk)");

        Assert.Equal(1, exitCode);
        Assert.Contains("character 7", error, StringComparison.Ordinal);
    }
}
