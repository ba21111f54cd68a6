namespace CurKv.Benchmarks.Peer;

/// <summary>What asking about the book in one way gave, and took.</summary>
/// <param name="Setting">The way.</param>
/// <param name="Right">Right answers.</param>
/// <param name="Asked">Questions.</param>
/// <param name="ReadSeconds">Reading and compressing the book before the first question.</param>
/// <param name="QuestionSeconds">One question, on average.</param>
/// <param name="Seconds">All of it.</param>
internal sealed record PeerAnswers(string Setting, int Right, int Asked, double ReadSeconds, double QuestionSeconds, double Seconds);
