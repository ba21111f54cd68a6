using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Templates.Formats;

/// <summary>Parses answers that are cut in many ways, and shows what comes out as text.</summary>
internal static class Answers
{
    private static readonly JsonSerializerOptions Shown = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A tool with a city and a number of days.</summary>
    public static AIFunctionDeclaration Weather { get; } = Tool("get_weather", """
        {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}
        """);

    /// <summary>A tool without parameters.</summary>
    public static AIFunctionDeclaration Time { get; } = Tool("get_time", """{"type":"object","properties":{}}""");

    /// <summary>Both tools.</summary>
    public static IReadOnlyList<AIFunctionDeclaration> Tools { get; } = [Weather, Time];

    /// <summary>A tool that is only declared.</summary>
    public static AIFunctionDeclaration Tool(string name, string schema) => AIFunctionFactory.CreateDeclaration(name, $"Does {name}.", JsonDocument.Parse(schema).RootElement.Clone());

    /// <summary>
    /// What a format's parser makes of an answer: <c>text(…)</c>, <c>reasoning(…)</c> and <c>name{…}</c> with the arguments as JSON,
    /// after it was cut at every place, into single characters, and at random, which must all give the same.
    /// </summary>
    public static string Parse(ChatFormat format, string answer, ReasoningStart reasoning = ReasoningStart.Possible, bool expectsTools = true)
    {
        var settings = new OutputParserSettings { Tools = expectsTools ? Tools : [], Reasoning = reasoning };
        string whole = Parse(format, settings, [answer]);
        for (int cut = 0; cut <= answer.Length; cut++)
        {
            Assert.Equal(whole, Parse(format, settings, [answer[..cut], answer[cut..]]));
        }

        Assert.Equal(whole, Parse(format, settings, [.. answer.Select(character => character.ToString())]));
        var random = new Random(answer.Length);
        for (int run = 0; run < 20; run++)
        {
            List<string> pieces = [];
            for (int start = 0; start < answer.Length; start += pieces[^1].Length)
            {
                pieces.Add(answer.Substring(start, Math.Min(random.Next(1, 9), answer.Length - start)));
            }

            Assert.Equal(whole, Parse(format, settings, pieces));
        }

        return whole;
    }

    /// <summary>What a parser makes of an answer that comes in these pieces.</summary>
    public static string Parse(ChatFormat format, OutputParserSettings settings, IEnumerable<string> pieces) => Show(Parts(format, settings, pieces));

    /// <summary>The parts that a parser makes.</summary>
    public static List<OutputPart> Parts(ChatFormat format, OutputParserSettings settings, IEnumerable<string> pieces)
    {
        ModelOutputParser parser = format.CreateParser(settings);
        List<OutputPart> parts = [];
        foreach (string piece in pieces)
        {
            parser.Append(piece, parts);
        }

        parser.Finish(parts);
        return parts;
    }

    private static string Show(List<OutputPart> parts)
    {
        var shown = new StringBuilder();
        OutputPartKind? last = null;
        foreach (OutputPart part in parts)
        {
            bool goesOn = part.Kind == last && part.Call is null;
            _ = part switch
            {
                { Call: { Exception: null } call } => shown.Append(call.Name).Append(JsonSerializer.Serialize(call.Arguments, Shown)),
                { Call: { } call } => shown.Append(call.Name).Append('!'),
                _ when goesOn => shown.Insert(shown.Length - 1, part.Text),
                _ => shown.Append(part.Kind == OutputPartKind.Text ? "text" : "reasoning").Append('(').Append(part.Text).Append(')'),
            };
            last = part.Kind;
        }

        Assert.All(parts, part => Assert.Equal(part.Kind == OutputPartKind.ToolCall, part.Text.Length == 0));
        IEnumerable<string> ids = parts.Where(part => part.Call is not null).Select(part => part.Call!.CallId);
        Assert.Equal(ids.Distinct(), ids);
        return shown.ToString();
    }
}
