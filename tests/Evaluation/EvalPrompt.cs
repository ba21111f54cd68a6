using CurKv.Connector.Templates;

namespace CurKv.Evaluation;

/// <summary>A conversation that ends in a question with a known answer.</summary>
/// <param name="Family">The kind of task.</param>
/// <param name="Length">The length class, in tokens.</param>
/// <param name="Turns">The conversation, with the user's turn last.</param>
/// <param name="Answer">What the model was trained to answer.</param>
/// <param name="Expected">The values that a right answer contains.</param>
internal sealed record EvalPrompt(string Family, int Length, IReadOnlyList<ChatTurn> Turns, string Answer, IReadOnlyList<string> Expected)
{
    private const string Separator = "\n\n";

    /// <summary>The conversation without its question: all before the last turn's last paragraph.</summary>
    public IReadOnlyList<ChatTurn> Context
    {
        get
        {
            int end = Turns[^1].Content.LastIndexOf(Separator, StringComparison.Ordinal);
            return [.. Turns.SkipLast(1), Turns[^1] with { Content = end < 0 ? string.Empty : Turns[^1].Content[..(end + Separator.Length)] }];
        }
    }
}
