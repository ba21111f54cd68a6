using System.Text.Json;
using System.Text.RegularExpressions;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses calls in JSON: an object with a name and arguments, or an array of them, with the keys of any family.</summary>
internal static partial class ToolCallJson
{
    private static readonly string[] NameKeys = ["name", "tool_name", "function"];
    private static readonly string[] ArgumentsKeys = ["arguments", "parameters"];
    private static readonly char[] Separators = [' ', '\t', '\r', '\n', ',', ';'];
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Parses the calls in a text; never throws.</summary>
    /// <param name="text">The text: one or more JSON values. Other text around them is skipped.</param>
    /// <returns>
    /// The calls; none if no tool is named. Invalid JSON gives one call whose arguments are the invalid text, so that the caller who invokes
    /// the tool can report it to the model.
    /// </returns>
    public static IReadOnlyList<ToolCallText> Read(string text)
    {
        try
        {
            List<ToolCallText> calls = [];
            string rest = text;
            do
            {
                string json = JsonScanner.First(rest) ?? rest;
                using JsonDocument document = JsonDocument.Parse(json, Lenient);
                Collect(document.RootElement, calls);
                rest = rest[(rest.IndexOf(json, StringComparison.Ordinal) + json.Length)..].TrimStart(Separators);
            }
            while (rest.StartsWith('{'));
            return calls;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, which is only detected when a string is read.
            return ReadBroken(text);
        }
    }

    /// <summary>Whether a text has a call's name and the beginning of its arguments, even if the rest is missing.</summary>
    public static bool LooksLikeToolCall(string text) => Name().IsMatch(text) && ArgumentsKey().IsMatch(text);

    private static void Collect(JsonElement element, List<ToolCallText> calls)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                Collect(item, calls);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            string? id = Property(element, "id") is { ValueKind: JsonValueKind.String } written ? written.GetString() : null;
            JsonElement call = Property(element, "function") is { ValueKind: JsonValueKind.Object } function ? function : element;
            if (NameKeys.Select(key => Property(call, key)).FirstOrDefault(name => name is { ValueKind: JsonValueKind.String }) is { } name)
            {
                calls.Add(new ToolCallText(name.GetString()!, Arguments(call), string.IsNullOrEmpty(id) ? null : id));
            }
        }
    }

    private static JsonElement? Property(JsonElement element, string key) => element.TryGetProperty(key, out JsonElement value) ? value : null;

    // Some models write the arguments as a JSON string.
    private static string Arguments(JsonElement call)
    {
        JsonElement? arguments = ArgumentsKeys.Select(key => Property(call, key)).FirstOrDefault(value => value is not null);
        string text = arguments switch
        {
            { ValueKind: JsonValueKind.String } value => value.GetString()!,
            { ValueKind: not JsonValueKind.Null } value => value.GetRawText(),
            _ => string.Empty,
        };
        return string.IsNullOrWhiteSpace(text) ? "{}" : text;
    }

    private static ToolCallText[] ReadBroken(string text)
    {
        Match name = Name().Match(text);
        if (!name.Success)
        {
            return [];
        }

        Match key = ArgumentsKey().Match(text);
        string arguments = key.Success ? text[(key.Index + key.Length)..] : text;
        return [new ToolCallText(Regex.Unescape(name.Groups[1].Value), JsonScanner.First(arguments) ?? arguments.Trim())];
    }

    [GeneratedRegex(@"\{\s*(?:""(?:id|type|tool_call_id)""\s*:\s*""[^""]*""\s*,\s*)*""(?:tool_)?name""\s*:\s*""((?:[^""\\]|\\[""\\/bfnrt])*)""")]
    private static partial Regex Name();

    [GeneratedRegex(@"""(?:arguments|parameters)""\s*:\s*")]
    private static partial Regex ArgumentsKey();
}
