using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine;

/// <summary>
/// A grammar at one answer's state. llama.cpp ends the process at a token that does not fit, so every token is looked at before it is
/// taken. Not thread-safe.
/// </summary>
/// <remarks>
/// A trigger is looked for here: llama.cpp's own search runs a regular expression over the whole answer, which overflows its stack
/// on a long one, and then takes what follows the trigger unseen. The tokens since a trigger's start go to the grammar once it is
/// whole. Of a token in which the trigger begins, only the bytes from there on do, each as the token that is this byte alone.
/// </remarks>
internal sealed unsafe class SamplerGrammar : IDisposable
{
    private readonly OutputGrammar _grammar;
    private readonly GrammarCache _cache;
    private readonly TokenBytes _tokens;
    private readonly TriggerSearch? _search;
    private readonly bool[] _firstBytes = new bool[256];
    private readonly bool _namesTokens;
    private byte[] _piece = new byte[128];
    private nint _native;

    // The grammar behind the trigger that the token in question completes.
    private nint _begun;

    /// <summary>Begins an answer.</summary>
    /// <exception cref="LlamaGrammarException">llama.cpp cannot use the grammar.</exception>
    public SamplerGrammar(OutputGrammar grammar, GrammarCache cache, TokenBytes tokens)
    {
        _grammar = grammar;
        _cache = cache;
        _tokens = tokens;
        _native = cache.Clone(grammar.Gbnf, out _namesTokens);
        if (grammar.Triggers.Count > 0)
        {
            // Cloned all the same: a bad grammar shows at the answer's begin.
            LlamaGaps.llama_sampler_free(_native);
            _native = 0;
            _search = new TriggerSearch(grammar.Triggers);
        }
    }

    /// <summary>Whether a trigger counts: in what a model thinks or quotes it does not.</summary>
    public bool AllowsTrigger { get; set; } = true;

    /// <summary>Whether the next token has to fit.</summary>
    public bool IsConstraining => _native != 0;

    /// <summary>Whether a token fits, or completes a trigger only with what the grammar allows. To be followed by <see cref="Accept"/> if it is taken.</summary>
    public bool Allows(int token)
    {
        if (IsConstraining)
        {
            return Fits(_native, token);
        }

        if (!AllowsTrigger)
        {
            _search!.Clear();
            return true;
        }

        if (LlamaGaps.llama_vocab_is_eog(_tokens.Vocab, token) || !_search!.Append(token, _piece.AsSpan(0, _tokens.Read(token, ref _piece))))
        {
            return true;
        }

        if (Begin())
        {
            return true;
        }

        _search.Undo();
        return false;
    }

    /// <summary>Takes a token that fits: the last one that <see cref="Allows"/> was asked for, or one that <see cref="Mask"/> left.</summary>
    public void Accept(int token)
    {
        if (LlamaGaps.llama_vocab_is_eog(_tokens.Vocab, token))
        {
            return;
        }

        if (IsConstraining)
        {
            LlamaGaps.llama_sampler_accept(_native, token);
        }
        else if (_begun != 0)
        {
            (_native, _begun) = (_begun, 0);
        }
        else
        {
            _search!.Trim();
        }
    }

    /// <summary>
    /// Leaves out most candidates that do not fit, by their first characters: looking at a whole token costs a hundred times more, and
    /// where a grammar wants a certain text few begin like it.
    /// </summary>
    public void Narrow(TokenCandidates candidates)
    {
        if (!_namesTokens)
        {
            FindFirstBytes();
            candidates.KeepBeginning(_tokens.First, _firstBytes);
        }
    }

    /// <summary>Forbids the candidates that do not fit.</summary>
    public void Mask(TokenCandidates candidates) => candidates.Apply(_native);

    /// <summary>The token that ends the answer, for when no other candidate is left.</summary>
    /// <exception cref="LlamaGrammarException">The grammar is not complete.</exception>
    public int End()
    {
        for (int token = LlamaGaps.llama_vocab_n_tokens(_tokens.Vocab) - 1; token >= 0; token--)
        {
            if (LlamaGaps.llama_vocab_is_eog(_tokens.Vocab, token) && Fits(_native, token))
            {
                return token;
            }
        }

        throw new LlamaGrammarException(
            _grammar.Gbnf, "No token of the model continues the answer as the grammar wants it. Let the grammar use characters that the model can write, and forbid fewer tokens by logit_bias.");
    }

    public void Dispose()
    {
        Free(ref _native);
        Free(ref _begun);
    }

    private static void Free(ref nint sampler)
    {
        if (sampler != 0)
        {
            LlamaGaps.llama_sampler_free(sampler);
            sampler = 0;
        }
    }

    private static bool Fits(nint grammar, int token)
    {
        var candidate = new TokenData { Id = token };
        var alone = new TokenDataArray { Data = &candidate, Size = 1, Selected = -1 };
        LlamaGaps.llama_sampler_apply(grammar, &alone);
        return !float.IsNegativeInfinity(candidate.Logit);
    }

    private static bool TryAccept(nint grammar, int token)
    {
        if (!Fits(grammar, token))
        {
            return false;
        }

        LlamaGaps.llama_sampler_accept(grammar, token);
        return true;
    }

    // A byte that is a character is asked for as a token. A character's first byte is refused by llama.cpp where the grammar excludes
    // any character that begins so: bytes of that kind say nothing, and stay.
    private void FindFirstBytes()
    {
        TokenData* candidates = stackalloc TokenData[TokenBytes.Undecided];
        var bytes = new TokenDataArray { Data = candidates, Selected = -1 };
        Array.Fill(_firstBytes, true);
        for (int value = 0; value < TokenBytes.Undecided; value++)
        {
            if (_tokens.Single((byte)value) is int token)
            {
                candidates[bytes.Size++] = new TokenData { Id = token };
            }
        }

        LlamaGaps.llama_sampler_apply(_native, &bytes);
        for (nuint i = 0; i < bytes.Size; i++)
        {
            _firstBytes[_tokens.First[candidates[i].Id]] = !float.IsNegativeInfinity(candidates[i].Logit);
        }
    }

    private bool Begin()
    {
        Free(ref _begun);
        _begun = _cache.Clone(_grammar.Gbnf, out _);
        for (int i = 0; i < _search!.Count; i++)
        {
            int skipped = _search.Found - _search[i].Start;
            bool fits = skipped <= 0 ? TryAccept(_begun, _search[i].Token) : TryAccept(_begun, _search.Piece(i), skipped);
            if (!fits)
            {
                Free(ref _begun);
                return false;
            }
        }

        return true;
    }

    private bool TryAccept(nint grammar, ReadOnlySpan<byte> piece, int from)
    {
        for (int i = from; i < piece.Length; i++)
        {
            int token = _tokens.Single(piece[i]) ?? throw new LlamaGrammarException(
                _grammar.Gbnf, $"The model has no token for the byte 0x{piece[i]:X2} alone, which its grammar needs where a trigger begins inside of a token. Constrain the whole answer instead (a required tool call).");
            if (!TryAccept(grammar, token))
            {
                return false;
            }
        }

        return true;
    }
}
