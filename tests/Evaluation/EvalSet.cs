using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using CurKv.Connector.Templates;

namespace CurKv.Evaluation;

/// <summary>Reads prompts. The file holds them as the small model's own template (ChatML) renders them; other models get the turns.</summary>
internal static partial class EvalSet
{
    /// <summary>The set in this repository: 16 families, 4 lengths, 10 prompts each.</summary>
    public static string Bundled { get; } = Path.Combine(AppContext.BaseDirectory, "Data", "pebble.json.br");

    /// <summary>The families whose answers are facts of the text, which the tables are made of.</summary>
    public static IReadOnlyList<string> RetrievalFamilies { get; } =
        ["niah_single", "niah_multikey", "niah_multiquery", "kv_lookup", "qa_1hop", "var_track", "multi_turn"];

    /// <summary>Reads a JSON array in Brotli's compression of { family, length, prompt, answer, expect }.</summary>
    public static async Task<IReadOnlyList<EvalPrompt>> LoadAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(path);
        await using var json = new BrotliStream(file, CompressionMode.Decompress);
        EvalEntry[] entries = await JsonSerializer.DeserializeAsync(json, EvalJson.Default.EvalEntryArray, cancellationToken) ?? [];
        return [.. entries.Select(entry => new EvalPrompt(entry.Family, entry.Length, Turns(entry.Prompt), entry.Answer, entry.Expect))];
    }

    // The last match is the assistant's open turn.
    private static List<ChatTurn> Turns(string prompt) =>
        [.. Turn().Matches(prompt).Select(match => new ChatTurn(match.Groups["role"].Value, match.Groups["content"].Value)).SkipLast(1)];

    [GeneratedRegex(@"<\|im_start\|>(?<role>\w+)\n(?<content>.*?)(<\|im_end\|>\n|$)", RegexOptions.Singleline)]
    private static partial Regex Turn();
}
