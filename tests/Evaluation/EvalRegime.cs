using System.Text.Json.Serialization;

namespace CurKv.Evaluation;

/// <summary>What is known when the cache is cut. The two are different tasks, and are never to be compared with each other.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EvalRegime>))]
internal enum EvalRegime
{
    /// <summary>The question stands in the prompt that is read and compressed.</summary>
    [JsonStringEnumMemberName("aware")]
    Aware,

    /// <summary>All but the question is read and compressed; the question follows.</summary>
    [JsonStringEnumMemberName("agnostic")]
    Agnostic,
}
