namespace CurKv.Connector.Engine;

/// <summary>
/// A model's grammars, each compiled once: answers get clones. Keeps those that were used last. Thread-safe but for
/// <see cref="Dispose"/>, which comes after the last use.
/// </summary>
/// <param name="vocab">llama.cpp's vocabulary, which outlives the cache.</param>
internal sealed class GrammarCache(nint vocab) : IDisposable
{
    private const int Capacity = 64;
    private const string Root = "root";

    // llama.cpp looks for left recursion by recursion: a stack frame for each rule of a chain.
    private const int RulesOnAnyStack = 2000;
    private const int LargeStack = 256 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byText = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();
    private int _compiled;

    /// <summary>How often a grammar was compiled so far.</summary>
    public int Compiled => Volatile.Read(ref _compiled);

    /// <summary>A grammar at its beginning, for one answer; the caller frees it.</summary>
    /// <param name="text">The grammar, in GBNF.</param>
    /// <param name="namesTokens">Whether it names tokens, not only characters.</param>
    /// <exception cref="LlamaGrammarException">llama.cpp cannot use it.</exception>
    public nint Clone(string text, out bool namesTokens)
    {
        lock (_gate)
        {
            if (_byText.TryGetValue(text, out LinkedListNode<Entry>? known))
            {
                _byUse.Remove(known);
            }
            else
            {
                known = new LinkedListNode<Entry>(Compile(text));
                _byText.Add(text, known);
                MakeRoom();
            }

            _byUse.AddFirst(known);
            namesTokens = known.Value.NamesTokens;
            return LlamaGaps.llama_sampler_clone(known.Value.Prototype);
        }
    }

    public void Dispose()
    {
        foreach (Entry entry in _byUse)
        {
            LlamaGaps.llama_sampler_free(entry.Prototype);
        }

        _byUse.Clear();
        _byText.Clear();
    }

    private void MakeRoom()
    {
        if (_byUse.Count == Capacity)
        {
            LlamaGaps.llama_sampler_free(_byUse.Last!.Value.Prototype);
            _byText.Remove(_byUse.Last.Value.Text);
            _byUse.RemoveLast();
        }
    }

    private Entry Compile(string text)
    {
        nint prototype = 0;
        NativeLog.ClearErrors();
        (int rules, bool namesTokens) = GrammarGuard.Check(text);
        if (rules <= RulesOnAnyStack)
        {
            prototype = LlamaGaps.llama_sampler_init_grammar(vocab, text, Root);
        }
        else
        {
            var thread = new Thread(() => prototype = LlamaGaps.llama_sampler_init_grammar(vocab, text, Root), LargeStack);
            thread.Start();
            thread.Join();
        }

        Interlocked.Increment(ref _compiled);
        return prototype != 0 ? new Entry(text, prototype, namesTokens) : throw new LlamaGrammarException(
            text, $"llama.cpp cannot use the grammar. {NativeLog.LastErrors()} Its parser writes the place to the standard error stream. Correct the GBNF; its first rule is \"root\".");
    }

    private sealed record Entry(string Text, nint Prototype, bool NamesTokens);
}
