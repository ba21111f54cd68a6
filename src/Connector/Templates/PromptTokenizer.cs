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
        bool addBegin = from == 0 && !(engine.Vocabulary.Begin.Length > 0 && text.StartsWith(engine.Vocabulary.Begin, StringComparison.Ordinal));
        List<int> cuts = Cuts(text, spans, from);
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

    // Behind the first character of every special token's text that the caller wrote: its halves are text like any other.
    private List<int> Cuts(string text, IReadOnlyList<PromptSpan> spans, int from)
    {
        List<int> cuts = [];
        foreach (PromptSpan span in spans)
        {
            int at = Math.Max(span.Start, from);
            while (at < span.End && text.AsSpan(at..span.End).IndexOfAny(_controls.Value) is >= 0 and int found)
            {
                at += found + 1;
                cuts.Add(at);
            }
        }

        return cuts;
    }
}
