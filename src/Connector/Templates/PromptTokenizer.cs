using System.Buffers;
using CurKv.Connector.Engine;

namespace CurKv.Connector.Templates;

/// <summary>Turns rendered prompts into tokens: marks that the template wrote become special tokens, what the caller wrote never does. Thread-safe.</summary>
internal sealed class PromptTokenizer(ILlamaEngine engine)
{
    private readonly Lazy<SearchValues<string>> _controls = new(() => SearchValues.Create([.. engine.Vocabulary.Controls.Keys], StringComparison.Ordinal));

    /// <summary>Tokenises a rendered prompt from a character on.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="spans">What of it the caller wrote.</param>
    /// <param name="from">The first character; at 0 the model's begin-of-sequence token goes first, if the template has not written it.</param>
    public int[] Tokenize(string text, IReadOnlyList<PromptSpan> spans, int from = 0)
    {
        List<int> cuts = Cuts(text, spans, from);
        bool hasBegin = engine.Vocabulary.Begin.Length > 0 && text.StartsWith(engine.Vocabulary.Begin, StringComparison.Ordinal) && cuts is not [1, ..];
        bool addBegin = from == 0 && !hasBegin;
        if (cuts.Count == 0)
        {
            return engine.Tokenize(from == 0 ? text : text[from..], addBegin, parseSpecial: true);
        }

        List<int> tokens = [];
        int at = from;
        foreach (int cut in (int[])[.. cuts, text.Length])
        {
            tokens.AddRange(engine.Tokenize(text[at..cut], addBegin && at == 0, parseSpecial: true));
            at = cut;
        }

        return [.. tokens];
    }

    // Behind the first character of every special token's text of which the caller wrote at least a part: its halves are text like any other.
    private List<int> Cuts(string text, IReadOnlyList<PromptSpan> spans, int from)
    {
        List<int> cuts = [];
        int span = 0;
        int at = from;
        while (text.AsSpan(at).IndexOfAny(_controls.Value) is >= 0 and int found)
        {
            at += found;
            while (span < spans.Count && spans[span].End <= at)
            {
                span++;
            }

            if (span == spans.Count)
            {
                break;
            }

            if (Reaches(text, at, spans[span].Start))
            {
                cuts.Add(at + 1);
            }

            at++;
        }

        return cuts;
    }

    // Whether a special token's text that begins at a place goes on behind a later one.
    private bool Reaches(string text, int start, int place) =>
        start >= place || engine.Vocabulary.Controls.Keys.Any(mark => start + mark.Length > place && text.AsSpan(start).StartsWith(mark, StringComparison.Ordinal));
}
