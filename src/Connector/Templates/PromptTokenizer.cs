using System.Buffers;
using CurKv.Connector.Engine;

namespace CurKv.Connector.Templates;

/// <summary>
/// Turns rendered prompts into tokens: marks that the template wrote become special tokens, the same marks in what the caller wrote are
/// text. Thread-safe.
/// </summary>
internal sealed class PromptTokenizer
{
    // Of no token but itself in the vocabularies that put a space before a text.
    private const string Sentinel = "\n";

    private readonly ILlamaEngine _engine;
    private readonly SearchValues<string> _marks;
    private readonly int[] _sentinel;

    /// <summary>Creates a tokenizer for prompts of one template.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="template">The template's source: which of the tokens that are no control tokens are marks too.</param>
    public PromptTokenizer(ILlamaEngine engine, string template)
    {
        _engine = engine;
        LlamaVocabulary vocabulary = engine.Vocabulary;
        _marks = SearchValues.Create(
            [.. vocabulary.Controls.Keys, .. vocabulary.Defined.Where(text => template.Contains(text, StringComparison.Ordinal))], StringComparison.Ordinal);

        // SentencePiece begins every text with a space of its own; behind a cut there is none.
        byte[] first = new byte[16];
        int[] sentinel = engine.Tokenize(Sentinel, addSpecial: false, parseSpecial: false);
        _sentinel = sentinel.Length > 1 && engine.Piece(sentinel[0], first) == 1 && first[0] == ' ' ? sentinel : [];
    }

    /// <summary>Tokenises a rendered prompt from a character on.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="spans">What of it the caller wrote.</param>
    /// <param name="from">The first character; at 0 the model's begin-of-sequence token goes first, if the template has not written it.</param>
    /// <exception cref="ArgumentException">The text holds a NUL character.</exception>
    public int[] Tokenize(string text, IReadOnlyList<PromptSpan> spans, int from = 0)
    {
        NativeText.WithoutNul(text, nameof(text));
        string begin = _engine.Vocabulary.Begin;
        bool addBegin = !(begin.Length > 0 && text.StartsWith(begin, StringComparison.Ordinal));
        List<int> tokens = [];
        int at = from;
        foreach (int cut in (int[])[.. Cuts(text, spans, from), text.Length])
        {
            string piece = text[at..cut];
            tokens.AddRange(at == 0 ? _engine.Tokenize(piece, addBegin, parseSpecial: true) : Behind(piece));
            at = cut;
        }

        return [.. tokens];
    }

    private ReadOnlySpan<int> Behind(string piece)
    {
        if (_sentinel.Length == 0)
        {
            return _engine.Tokenize(piece, addSpecial: false, parseSpecial: true);
        }

        ReadOnlySpan<int> tokens = _engine.Tokenize(Sentinel + piece, addSpecial: false, parseSpecial: true);
        return tokens.StartsWith(_sentinel) ? tokens[_sentinel.Length..] : _engine.Tokenize(piece, addSpecial: false, parseSpecial: true);
    }

    // Behind the first character of every mark that the caller wrote: its halves are text like any other.
    private List<int> Cuts(string text, IReadOnlyList<PromptSpan> spans, int from)
    {
        List<int> cuts = [];
        foreach (PromptSpan span in spans)
        {
            int at = Math.Max(span.Start, from);
            while (at < span.End && text.AsSpan(at..span.End).IndexOfAny(_marks) is >= 0 and int found)
            {
                at += found + 1;
                cuts.Add(at);
            }
        }

        return cuts;
    }
}
