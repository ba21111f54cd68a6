using System.Text;
using System.Text.RegularExpressions;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Grammar;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>
/// Plays a model for <see cref="Engine.FakeLlamaEngine.OnAnswer"/>: it keeps to grammars, repeats what a prompt of ChatML says, calls a
/// tool, and otherwise says random words. Its tokens are of a few bytes, whatever characters or marks they cut.
/// </summary>
internal static partial class FakeModel
{
    /// <summary>The temperature from which on an answer has no end.</summary>
    private const float Wild = 10;

    private const int MaxBytes = 4;
    private static readonly string[] Words = ["lamp", "über", "中文", "rope", "😀", "mill", "clock"];

    /// <summary>The bytes of the answer's tokens.</summary>
    public static IEnumerable<byte[]> Answer(string prompt, SamplerSettings settings)
    {
        var random = new Random(settings.Temperature == 0 ? 0 : (int)settings.Seed);
        if (settings.Grammar is { Triggers.Count: 0 } grammar)
        {
            return Cut(new GbnfSentences(GbnfGrammar.Parse(grammar.Gbnf), random).Next(), random);
        }

        return settings.Temperature < Wild
            ? Cut(Reply(prompt) ?? string.Join(' ', RandomWords(random).Take(12)), random)
            : RandomWords(random).SelectMany(word => Cut(word + " ", random));
    }

    /// <summary>A text as tokens.</summary>
    public static IEnumerable<byte[]> Cut(string text, Random random)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int start = 0, length; start < bytes.Length; start += length)
        {
            length = Math.Min(random.Next(1, MaxBytes + 1), bytes.Length - start);
            yield return bytes[start..(start + length)];
        }
    }

    private static string? Reply(string prompt)
    {
        string turn = prompt[(prompt.LastIndexOf("<|im_start|>user\n", StringComparison.Ordinal) + 1)..];
        if (Result().Match(turn) is { Success: true } result)
        {
            return $"The tool says {result.Groups[1].Value}.";
        }

        if (Weather().Match(turn) is { Success: true } weather && prompt.Contains("</tools>", StringComparison.Ordinal))
        {
            return $"<tool_call>\n{{\"name\": \"get_weather\", \"arguments\": {{\"city\": \"{weather.Groups[1].Value}\"}}}}\n</tool_call>";
        }

        return GateQuestion().Match(turn) is { Success: true } gate
            && Regex.Match(prompt, $"The access code for the {gate.Groups[1].Value} gate is (\\d+)") is { Success: true } fact ? fact.Value + "." : null;
    }

    private static IEnumerable<string> RandomWords(Random random)
    {
        while (true)
        {
            yield return Words[random.Next(Words.Length)];
        }
    }

    [GeneratedRegex("<tool_response>\n(.*?)\n</tool_response>", RegexOptions.Singleline)]
    private static partial Regex Result();

    [GeneratedRegex("weather in (\\w+)")]
    private static partial Regex Weather();

    [GeneratedRegex("What is the access code for the (\\w+) gate")]
    private static partial Regex GateQuestion();
}
