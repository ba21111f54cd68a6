using System.Buffers;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Protection;

/// <summary>Neighbouring tokens that are either all protected or all free to be evicted.</summary>
/// <param name="Start">The first token.</param>
/// <param name="End">The token after the last one.</param>
/// <param name="Protected">Whether the tokens are kept whatever their scores.</param>
internal readonly record struct TokenSegment(int Start, int End, bool Protected)
{
    public int Length => End - Start;

    /// <summary>Cuts one head's cache into segments.</summary>
    /// <param name="protection">What is protected.</param>
    /// <param name="tokens">The number of cached tokens.</param>
    /// <param name="cells">How many tokens are protected at most.</param>
    /// <param name="positions">At which positions the tokens stand; null where each stands at its index.</param>
    /// <param name="head">The KV head, from 0; without positions it does not matter.</param>
    public static TokenSegment[] Cut(KvProtection protection, int tokens, int cells, KvPositions? positions = null, int head = 0)
    {
        bool[] buffer = ArrayPool<bool>.Shared.Rent(tokens);
        Span<bool> marks = buffer.AsSpan(0, tokens);
        marks.Clear();
        Mark(protection, cells, positions, head, marks);
        TokenSegment[] segments = Collect(marks);
        ArrayPool<bool>.Shared.Return(buffer);
        return segments;
    }

    private static TokenSegment[] Collect(ReadOnlySpan<bool> marks)
    {
        var segments = new List<TokenSegment>();
        for (int start = 0; start < marks.Length;)
        {
            int end = start + 1;
            while (end < marks.Length && marks[end] == marks[start])
            {
                end++;
            }

            segments.Add(new TokenSegment(start, end, marks[start]));
            start = end;
        }

        return [.. segments];
    }

    private static void Mark(KvProtection protection, int cells, KvPositions? positions, int head, Span<bool> marks)
    {
        int left = cells;
        for (int token = 0; token < Math.Min(protection.Sinks, marks.Length); token++)
        {
            Protect(token, marks, ref left);
        }

        foreach (TokenRange range in protection.Ranges)
        {
            int start = positions?.CellsBefore(head, range.Start) ?? Math.Max(range.Start, 0);
            int end = positions?.CellsBefore(head, range.End) ?? range.End;
            for (int token = start; token < Math.Min(end, marks.Length); token++)
            {
                Protect(token, marks, ref left);
            }
        }

        // From the end backwards: where the budget runs out, the most recent tokens stay.
        for (int token = marks.Length - 1; token >= Math.Max(marks.Length - protection.Recent, 0); token--)
        {
            Protect(token, marks, ref left);
        }
    }

    private static void Protect(int token, Span<bool> marks, ref int left)
    {
        if (left > 0 && !marks[token])
        {
            marks[token] = true;
            left--;
        }
    }
}
