using System.Text.Json.Serialization;

namespace CurKv.Samples.Chat;

/// <summary>The demo's JSON: snake_case, as its readers expect it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DemoReport))]
[JsonSerializable(typeof(Question[]))]
internal sealed partial class DemoJson : JsonSerializerContext;
