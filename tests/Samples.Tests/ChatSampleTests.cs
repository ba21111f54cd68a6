using System.Text.Json;

namespace CurKv.Samples.Tests;

public sealed class ChatSampleTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("curkv-samples-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Run_MissingModel_NamesItAndFails()
    {
        (int exitCode, string output, string error) = await Programs.RunChatAsync("--model", "nowhere.gguf", "--json");

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains("nowhere.gguf", error, StringComparison.Ordinal);
        Assert.Contains("ModelPath", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_UnknownPolicy_ListsTheKnownOnes()
    {
        (int exitCode, _, string error) = await Programs.RunChatAsync("--policy", "curdvk", "--json");

        Assert.Equal(1, exitCode);
        Assert.Contains("curdvk", error, StringComparison.Ordinal);
        Assert.Contains("curdkv", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Json_PrintsOneObjectWithEveryRun()
    {
        (int exitCode, string output, _) = await Programs.RunChatAsync("--json");
        Assert.Equal(0, exitCode);
        JsonElement report = JsonDocument.Parse(output).RootElement;

        Assert.Equal("LLamaSharp", report.GetProperty("binding").GetString());
        Assert.Equal("pebble-17m-q8_0.gguf", report.GetProperty("model").GetString());
        Assert.NotEmpty(report.GetProperty("llama_cpp").GetString()!);
        int tokens = report.GetProperty("document_tokens").GetInt32();
        Assert.InRange(tokens, 3500, 4500);
        JsonElement[] runs = [.. report.GetProperty("runs").EnumerateArray()];
        Assert.Equal(
            ["none 0", "curdkv 0.5", "streaming 0.5", "random 0.5", "curdkv 0.9", "streaming 0.9", "random 0.9"],
            runs.Select(run => $"{run.GetProperty("policy").GetString()} {run.GetProperty("ratio").GetRawText()}"));
        foreach (JsonElement run in runs)
        {
            int kept = (int)(tokens * (1 - run.GetProperty("ratio").GetDouble()) + 1e-9);
            Assert.Equal((tokens, kept), (run.GetProperty("cells_before").GetInt32(), run.GetProperty("cells_after").GetInt32()));
            Assert.InRange(run.GetProperty("asked").GetInt32(), 20, 100);
            Assert.True(run.GetProperty("prefill_ms").GetDouble() > 0);
            Assert.True(run.GetProperty("decode_tps_before").GetDouble() > 0);
            Assert.True(run.GetProperty("decode_tps_after").GetDouble() > 0);
            Assert.Equal(run.GetProperty("policy").GetString() == "none", run.GetProperty("compress_ms").GetDouble() == 0);
        }

        // Greedy answers of a fixed model are the same on every run of a machine, and nearly so between machines.
        int[] right = [.. runs.Select(run => run.GetProperty("right").GetInt32())];
        Assert.Equal(runs[0].GetProperty("asked").GetInt32(), right[0]);
        Assert.True(right[1] > right[2] && right[1] > right[3], $"At half of the cells CurDKV has {right[1]} right, StreamingLLM {right[2]}, Random {right[3]}.");
        Assert.True(right[4] > right[5] && right[4] > right[6], $"At a tenth of the cells CurDKV has {right[4]} right, StreamingLLM {right[5]}, Random {right[6]}.");
    }

    [Fact]
    public async Task Run_QuestionAware_CutsTheDocumentForEachQuestion()
    {
        string handbook = Path.Combine(AppContext.BaseDirectory, "Documents", "harbour-handbook");

        (int exitCode, string output, _) = await Programs.RunChatAsync(
            $"{handbook}.txt", "--questions", $"{handbook}.questions.json", "--json", "--question-aware", "--policy", "auto", "random", "--ratio", "0.9");

        Assert.Equal(0, exitCode);
        JsonElement[] runs = [.. JsonDocument.Parse(output).RootElement.GetProperty("runs").EnumerateArray()];
        Assert.All(runs[1..], run => Assert.InRange(run.GetProperty("cells_after").GetInt32(), 390, 420));
        int[] right = [.. runs.Select(run => run.GetProperty("right").GetInt32())];
        Assert.True(right[1] > right[2] + 5, $"At a tenth of the cells auto has {right[1]} right, Random {right[2]}, the full cache {right[0]}.");
    }

    [Fact]
    public async Task Run_UsersDocumentAndQuestions_ShowsTables()
    {
        string document = Write("notes.txt", "The access code for the north gate is 4821. Anna lives in Oslo.");
        string questions = Write("notes.json", """[{ "question": "What is the access code for the north gate?", "answer": "4821" }]""");

        (int exitCode, string output, _) = await Programs.RunChatAsync(document, "--questions", questions, "--policy", "curdkv", "--ratio", "0.5");

        Assert.Equal(0, exitCode);
        Assert.Contains("What it took", output, StringComparison.Ordinal);
        Assert.Contains("What is the access code for the north gate?", output, StringComparison.Ordinal);
        Assert.Contains("1 of 1", output, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
