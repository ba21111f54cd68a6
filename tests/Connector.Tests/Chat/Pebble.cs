using System.Text;
using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Chat;

/// <summary>The small trained model as a client, and texts that it can be asked about.</summary>
internal static class Pebble
{
    private static readonly string[] Places = ["mill", "harbour", "theatre", "garden", "hall", "gallery", "station", "workshop", "terrace", "museum"];
    private static readonly string[] People = ["miner", "painter", "baker", "judge", "lawyer", "florist", "writer"];
    private static readonly string[] Things = ["rope", "clock", "lamp", "broom", "photograph", "basket", "map", "chair", "letter", "purse", "wall"];

    /// <summary>Options that draw nothing: the likeliest token each time.</summary>
    public static ChatOptions Greedy => new() { Temperature = 0 };

    /// <summary>Options under which nearly every token is as likely as any other.</summary>
    public static ChatOptions Wild(long? seed = null, int tokens = 24) => new()
    {
        Temperature = 10,
        TopK = 0,
        TopP = 1,
        AdditionalProperties = new() { ["min_p"] = 0 },
        Seed = seed,
        MaxOutputTokens = tokens,
    };

    // One thread: the tests of other classes run beside these, and llama.cpp's threads spin while they wait for each other.
    public static LlamaChatClientOptions Options(Action<LlamaChatClientOptions>? configure = null)
    {
        var options = new LlamaChatClientOptions { ModelPath = TestModels.Pebble, GpuLayerCount = 0, Threads = 1, ContextSize = 2048 };
        configure?.Invoke(options);
        return options;
    }

    public static LlamaChatClient Create(Action<LlamaChatClientOptions>? configure = null) => new(Options(configure));

    public static string Fact(string gate, string code) => $"The access code for the {gate} gate is {code}.";

    public static string Question(string gate) => $"What is the access code for the {gate} gate?";

    /// <summary>A prompt that states a fact and asks for it.</summary>
    public static string Prompt(string gate, string code) => $"{Fact(gate, code)}\n\n{Question(gate)}";

    /// <summary>Sentences that say nothing, about nine tokens each, with facts between them.</summary>
    public static string Document(int sentences, params IReadOnlyList<string> facts)
    {
        var text = new StringBuilder();
        for (int i = 0; i < sentences; i++)
        {
            for (int fact = 0; fact < facts.Count; fact++)
            {
                if (i == sentences * (fact + 1) / (facts.Count + 1))
                {
                    text.Append(facts[fact]).Append(' ');
                }
            }

            string person = People[i % People.Length];
            string thing = Things[i % Things.Length];
            string place = Places[i % Places.Length];
            text.Append((i % 3) switch
            {
                0 => $"The story of the {person} and the {thing} is well known. ",
                1 => $"At noon, the {person} lifted a {thing} near the {place}. ",
                _ => $"This {thing} belongs in the {place}. ",
            });
        }

        return text.ToString().TrimEnd();
    }
}
