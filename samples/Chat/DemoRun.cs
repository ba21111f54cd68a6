using System.Text.Json.Serialization;

namespace CurKv.Samples.Chat;

/// <summary>What one setting gave. Times are milliseconds, speeds tokens per second.</summary>
internal sealed record DemoRun
{
    public required string Policy { get; init; }

    public required double Ratio { get; init; }

    public required int CellsBefore { get; init; }

    public required int CellsAfter { get; init; }

    public required double PrefillMs { get; init; }

    public required double CompressMs { get; init; }

    /// <summary>With the full cache, over the same questions.</summary>
    public required double DecodeTpsBefore { get; init; }

    public required double DecodeTpsAfter { get; init; }

    public int Asked => Replies.Count;

    public int Right => Replies.Count(reply => reply.IsRight);

    [JsonIgnore]
    public IReadOnlyList<(Question Question, string Reply, bool IsRight)> Replies { get; init; } = [];
}
