using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine;

/// <summary>
/// A model's grammars, each compiled once: answers get clones. Keeps those that were used last, by number and size; very large ones are
/// compiled anew for each answer. Thread-safe but for <see cref="Dispose"/>, which comes after the last use.
/// </summary>
/// <param name="vocab">llama.cpp's vocabulary, which outlives the cache.</param>
internal sealed class GrammarCache(nint vocab) : IDisposable
{
    private const int Capacity = 64;

    // In characters and elements that repetitions write out.
    private const int LargestKept = 1 << 19;
    private const int SizeKept = 1 << 22;
    private const string Root = "root";

    // llama.cpp looks for left recursion by recursion: a stack frame for each rule of a chain.
    private const int RulesOnAnyStack = 2000;
    private const int LargeStack = 256 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byText = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();
    private int _compiled;
    private int _size;

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
                _byUse.AddFirst(known);
            }
            else
            {
                known = new LinkedListNode<Entry>(Compile(text));
                if (known.Value.Size > LargestKept)
                {
                    // Nobody else has the prototype: the answer gets it itself.
                    namesTokens = known.Value.NamesTokens;
                    return known.Value.Prototype;
                }

                Keep(known);
            }

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

    private void Keep(LinkedListNode<Entry> entry)
    {
        while (_byUse.Count == Capacity || (_byUse.Count > 0 && _size + entry.Value.Size > SizeKept))
        {
            Entry oldest = _byUse.Last!.Value;
            LlamaGaps.llama_sampler_free(oldest.Prototype);
            _byText.Remove(oldest.Text);
            _byUse.RemoveLast();
            _size -= oldest.Size;
        }

        _byText.Add(entry.Value.Text, entry);
        _byUse.AddFirst(entry);
        _size += entry.Value.Size;
    }

    private Entry Compile(string text)
    {
        nint prototype = 0;
        NativeLog.ClearErrors();
        (int rules, int size, bool namesTokens) = GrammarGuard.Check(text);
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
        return prototype != 0 ? new Entry(text, prototype, size, namesTokens) : throw new LlamaGrammarException(
            text, $"llama.cpp cannot use the grammar. {NativeLog.LastErrors()} Its parser writes the place to the standard error stream. Correct the GBNF; its first rule is \"root\".");
    }

    private sealed record Entry(string Text, nint Prototype, int Size, bool NamesTokens);
}
