using System.Text.Json.Serialization;

namespace CurKv.Benchmarks;

/// <summary>The benchmarks' JSON: snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CompressionReport))]
[JsonSerializable(typeof(GrammarRow))]
[JsonSerializable(typeof(InterceptionReport))]
[JsonSerializable(typeof(KernelReport))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
