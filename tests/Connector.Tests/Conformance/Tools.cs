using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>Tools that the small model knows how to call.</summary>
internal static class Tools
{
    /// <summary>Is answered by a call of <see cref="Weather"/> for Paris.</summary>
    public const string WeatherQuestion = "What is the weather in Paris?";

    /// <summary>The name of <see cref="Weather"/>.</summary>
    public const string WeatherName = "get_weather";

    /// <summary>The name of <see cref="Timer"/>.</summary>
    public const string TimerName = "set_timer";

    /// <summary>What <see cref="Weather"/> gives for the temperature.</summary>
    public const int Temperature = 21;

    /// <summary>A tool of one argument.</summary>
    public static AIFunction Weather => WeatherInto([]);

    /// <summary>A tool of a number.</summary>
    public static AIFunction Timer => AIFunctionFactory.Create((int minutes) => "ok", TimerName, "Start a timer.");

    /// <summary><see cref="Weather"/>, which notes for what cities it is called.</summary>
    public static AIFunction WeatherInto(List<string> cities) => AIFunctionFactory.Create(
        (string city) =>
        {
            cities.Add(city);
            return new Dictionary<string, object> { ["temperature"] = Temperature, ["condition"] = "sunny" };
        },
        WeatherName,
        "Get the current weather.");

    /// <summary>Options with the tools, whose answer is the likeliest one.</summary>
    public static ChatOptions Offer(params IEnumerable<AITool> tools) => new() { Temperature = 0, Tools = [.. tools] };

    /// <summary>The calls of an answer.</summary>
    public static List<FunctionCallContent> Calls(this ChatResponse response) =>
        [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
}
