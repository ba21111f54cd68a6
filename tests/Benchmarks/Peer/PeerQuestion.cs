using System.Text.Json.Serialization;

namespace CurKv.Benchmarks.Peer;

/// <summary>A question about the book and the value that a right answer contains.</summary>
internal sealed record PeerQuestion([property: JsonPropertyName("question")] string Text, string Answer)
{
    public bool IsAnsweredBy(string reply) => reply.Contains(Answer, StringComparison.OrdinalIgnoreCase);
}
