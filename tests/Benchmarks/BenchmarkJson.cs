using System.Text.Json.Serialization;
using CurKv.Benchmarks.Compression;
using CurKv.Benchmarks.Grammar;
using CurKv.Benchmarks.Interception;
using CurKv.Benchmarks.Kernels;
using CurKv.Benchmarks.Peer;

namespace CurKv.Benchmarks;

/// <summary>The benchmarks' JSON: snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CompressionReport))]
[JsonSerializable(typeof(GrammarRow))]
[JsonSerializable(typeof(InterceptionReport))]
[JsonSerializable(typeof(KernelReport))]
[JsonSerializable(typeof(PeerAnswers))]
[JsonSerializable(typeof(PeerReport))]
[JsonSerializable(typeof(PeerQuestion[]))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
