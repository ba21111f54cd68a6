using System.Buffers;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Templates;

/// <summary>
/// Tokenises rendered prompts: special tokens' texts that the template wrote become special tokens; the same texts from the caller
/// stay text. Thread-safe.
/// </summary>
internal sealed class PromptTokenizer
{
    // Part of no other token in the vocabularies that add a space before a text.
    private const string Sentinel = "\n";

    private readonly ILlamaEngine _engine;
    private readonly string[] _specialTokens;
    private readonly SearchValues<string> _search;
    private readonly int[] _sentinel;

    /// <summary>Creates a tokenizer for prompts of one template.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="template">The template's source. User-defined tokens that it contains count as special tokens too.</param>
    public PromptTokenizer(ILlamaEngine engine, string template)
    {
        _engine = engine;
        LlamaVocabulary vocabulary = engine.Vocabulary;
        _specialTokens = [.. vocabulary.ControlTokens.Keys, .. vocabulary.UserDefinedTokens.Where(text => template.Contains(text, StringComparison.Ordinal))];
        _search = SearchValues.Create(_specialTokens, StringComparison.Ordinal);

        // SentencePiece adds a space before every text. There must be none after a cut.
        byte[] first = new byte[16];
        int[] sentinel = engine.Tokenize(Sentinel, addSpecial: false, parseSpecial: false);
        _sentinel = sentinel.Length > 1 && engine.Piece(sentinel[0], first) == 1 && first[0] == ' ' ? sentinel : [];
    }

    /// <summary>Tokenises a rendered prompt from a character on.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="spans">The parts that the caller wrote.</param>
    /// <param name="from">The first character. At 0, the model's begin-of-sequence token is added if the template has not written it.</param>
    /// <exception cref="ArgumentException">The text contains a NUL character.</exception>
    public int[] Tokenize(string text, IReadOnlyList<PromptSpan> spans, int from = 0)
    {
        NativeText.WithoutNul(text, nameof(text));
        string begin = _engine.Vocabulary.BosToken;
        List<int> cuts = Cuts(text, spans, from);
        bool hasBegin = begin.Length > 0 && text.StartsWith(begin, StringComparison.Ordinal) && cuts is not [1, ..];
        List<int> tokens = [];
        int at = from;
        foreach (int cut in (int[])[.. cuts, text.Length])
        {
            string piece = text[at..cut];
            tokens.AddRange(at == 0 ? _engine.Tokenize(piece, addSpecial: !hasBegin, parseSpecial: true) : Behind(piece));
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

    // Cuts after the first character of every special token's text that the caller wrote at least partly: both halves are ordinary text.
    private List<int> Cuts(string text, IReadOnlyList<PromptSpan> spans, int from)
    {
        List<int> cuts = [];
        int span = 0;
        int at = from;
        while (text.AsSpan(at).IndexOfAny(_search) is >= 0 and int found)
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

    // Whether a special token's text that starts at one position extends beyond a later one.
    private bool Reaches(string text, int start, int place) =>
        start >= place || _specialTokens.Any(special => start + special.Length > place && text.AsSpan(start).StartsWith(special, StringComparison.Ordinal));
}
