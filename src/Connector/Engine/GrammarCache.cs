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
    private readonly Dictionary<string, LinkedListNode<(string Text, nint Prototype)>> _byText = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Text, nint Prototype)> _byUse = new();
    private int _compiled;

    /// <summary>How often a grammar was compiled so far.</summary>
    public int Compiled => Volatile.Read(ref _compiled);

    /// <summary>A grammar at its beginning, for one answer; the caller frees it.</summary>
    /// <param name="text">The grammar, in GBNF.</param>
    /// <exception cref="LlamaGrammarException">llama.cpp cannot use it.</exception>
    public nint Clone(string text)
    {
        lock (_gate)
        {
            if (_byText.TryGetValue(text, out LinkedListNode<(string Text, nint Prototype)>? known))
            {
                _byUse.Remove(known);
            }
            else
            {
                known = new LinkedListNode<(string Text, nint Prototype)>((text, Compile(text)));
                _byText.Add(text, known);
                MakeRoom();
            }

            _byUse.AddFirst(known);
            return LlamaGaps.llama_sampler_clone(known.Value.Prototype);
        }
    }

    public void Dispose()
    {
        foreach ((_, nint prototype) in _byUse)
        {
            LlamaGaps.llama_sampler_free(prototype);
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

    private nint Compile(string text)
    {
        nint prototype = 0;
        NativeLog.ClearErrors();
        if (GrammarGuard.Check(text) <= RulesOnAnyStack)
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
        return prototype != 0 ? prototype : throw new LlamaGrammarException(
            text, $"llama.cpp cannot use the grammar. {NativeLog.LastErrors()} Its parser writes the place to the standard error stream. Correct the GBNF; its first rule is \"root\".");
    }
}
