using System.Text;

namespace CurKv.Connector.Tests.Grammar;

/// <summary>Says whether a grammar accepts a text, as llama.cpp does: with a set of stacks that every character advances.</summary>
internal sealed class GbnfRecogniser(GbnfGrammar grammar)
{
    private readonly Dictionary<(List<GbnfSymbol> Symbols, int Position, Frame? Below), Frame> _frames = [];

    /// <summary>Reads a grammar.</summary>
    public GbnfRecogniser(string text)
        : this(GbnfGrammar.Parse(text))
    {
    }

    /// <summary>The largest number of stacks that was ever open.</summary>
    public int MaxStacks { get; private set; }

    /// <summary>Whether a whole text is accepted.</summary>
    public bool Accepts(string text)
    {
        HashSet<Frame> stacks = [];
        bool ended = false;
        foreach (List<GbnfSymbol> alternative in grammar.Rules[grammar.Root]!)
        {
            ended |= Advance(Push(alternative, 0, null), stacks);
        }

        foreach (Rune rune in text.EnumerateRunes())
        {
            var next = new HashSet<Frame>();
            ended = false;
            foreach (Frame stack in stacks.Where(stack => stack.Symbols[stack.Position].Matches(rune.Value)))
            {
                ended |= Advance(Push(stack.Symbols, stack.Position + 1, stack.Below), next);
            }

            stacks = next;
            MaxStacks = Math.Max(MaxStacks, stacks.Count);
        }

        return ended;
    }

    // Follows rules until characters are on top; returns whether a text may end.
    private bool Advance(Frame? start, HashSet<Frame> stacks)
    {
        bool ended = start is null;
        var seen = new HashSet<Frame>();
        var open = new Stack<Frame>();
        Open(start);
        while (open.TryPop(out Frame? frame))
        {
            GbnfSymbol symbol = frame.Symbols[frame.Position];
            if (symbol.Rule < 0)
            {
                stacks.Add(frame);
                continue;
            }

            Frame? after = Push(frame.Symbols, frame.Position + 1, frame.Below);
            foreach (List<GbnfSymbol> alternative in grammar.Rules[symbol.Rule]!)
            {
                Frame? next = Push(alternative, 0, after);
                ended |= next is null;
                Open(next);
            }
        }

        return ended;

        void Open(Frame? frame)
        {
            if (frame is not null && seen.Add(frame))
            {
                open.Push(frame);
            }
        }
    }

    private Frame? Push(List<GbnfSymbol> symbols, int position, Frame? below)
    {
        if (position == symbols.Count)
        {
            return below;
        }

        (List<GbnfSymbol> symbols, int position, Frame? below) key = (symbols, position, below);
        if (!_frames.TryGetValue(key, out Frame? frame))
        {
            frame = new Frame(symbols, position, below);
            _frames.Add(key, frame);
        }

        return frame;
    }

    // Equal frames are one object.
    private sealed class Frame(List<GbnfSymbol> symbols, int position, Frame? below)
    {
        public List<GbnfSymbol> Symbols { get; } = symbols;

        public int Position { get; } = position;

        public Frame? Below { get; } = below;
    }
}
