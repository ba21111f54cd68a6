using System.Text.Json;

namespace CurKv.Samples.Tests;

public class BenchmarkTests
{
    private static readonly string[] Ratios = ["of_floor", "prefill_share", "decode_speedup", "of_bound"];

    [Fact]
    public async Task RunInterception_Json_PrintsOneRowForEachPath()
    {
        const int Tokens = 1024;
        const long RowBytes = 8 * 2 * 8 * 128 * 2;

        (int exitCode, string output, string error) = await Programs.RunBenchmarksAsync(
            "interception", "--json", "--quick", "--tokens", "1024", "--threads", "1");

        Assert.Equal((0, string.Empty), (exitCode, error));
        JsonElement report = JsonDocument.Parse(output).RootElement;
        Assert.Equal("LLamaSharp", report.GetProperty("binding").GetString());
        JsonElement[] rows = [.. report.GetProperty("rows").EnumerateArray()];
        Assert.Equal(["in-place", "compact", "state", "in-place"], rows.Select(row => row.GetProperty("path").GetString()));
        Assert.Equal(["curdkv-norms", "curdkv-norms", "curdkv-norms"], rows[..3].Select(row => row.GetProperty("policy").GetString()));
        Assert.NotEqual("curdkv-norms", rows[3].GetProperty("policy").GetString());
        foreach (JsonElement row in rows)
        {
            Assert.Equal((Tokens, "f16"), (row.GetProperty("tokens").GetInt32(), row.GetProperty("cache").GetString()));
            Assert.Equal(Tokens / 10 * RowBytes, row.GetProperty("kept_bytes").GetInt64());
            double compression = Positive(row, "score_ms") + Positive(row, "rewrite_ms");
            Assert.Equal(compression / Positive(row, "read_floor_ms"), Positive(row, "of_floor"), 1e-9);
            Assert.Equal(compression / Positive(report, "prefill_ms"), Positive(row, "prefill_share"), 1e-9);
            Assert.All(Ratios, name => Positive(row, name));
        }

        if (OperatingSystem.IsLinux())
        {
            // The state path holds the whole cache and the kept rows a second time, the compact path the kept rows, in place neither.
            long[] extra = [.. rows.Select(row => row.GetProperty("extra_bytes").GetInt64())];
            Assert.InRange(extra[2], Tokens * RowBytes, 2 * Tokens * RowBytes);
            Assert.InRange(extra[1], Tokens / 10 * RowBytes, Tokens * RowBytes);
            Assert.InRange(extra[0], 1, (Tokens / 10 * RowBytes) - 1);
        }
    }

    [Theory]
    [InlineData("--tokens", "1000", "256")]
    [InlineData("--threads", "0", "at least 1")]
    [InlineData("--policy", "curdvk", "curdkv")]
    [InlineData("--policy", "none", "nothing")]
    [InlineData("--policy", "snapkv(window=600)", "600")]
    public async Task RunInterception_InvalidOption_SaysWhatIsWrong(string option, string value, string expected)
    {
        (int exitCode, _, string error) = await Programs.RunBenchmarksAsync("interception", option, value);

        Assert.Equal(1, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static double Positive(JsonElement parent, string name)
    {
        double value = parent.GetProperty(name).GetDouble();
        Assert.True(double.IsFinite(value) && value > 0, $"{name} is {value}.");
        return value;
    }
}
