namespace CurKv.KvPolicy.Cache;

/// <summary>At which positions of the text one layer's cached tokens stand, once a compression has moved them to other cells.</summary>
/// <remarks>
/// The first <see cref="Kept"/> cells of each KV head have listed positions, ascending. The cells behind them have consecutive ones
/// from <see cref="First"/> on, the same in all heads, so decoding on does not change this. Takes 4 bytes per kept token and head.
/// Immutable and safe to use from several threads.
/// </remarks>
public sealed class KvPositions
{
    private readonly int[] _listed;

    /// <summary>Creates the positions of one layer.</summary>
    /// <param name="listed">The kept tokens' positions, <c>[KV heads][kept]</c>; copied.</param>
    /// <param name="heads">The number of KV heads.</param>
    /// <param name="first">The position of the first token behind the kept ones.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no head, or <paramref name="first"/> is negative.</exception>
    /// <exception cref="ArgumentException">
    /// The list is not equally long for every head, or a head's positions do not ascend from 0 or above to below
    /// <paramref name="first"/>.
    /// </exception>
    public KvPositions(ReadOnlySpan<int> listed, int heads, int first)
        : this(listed.ToArray(), heads, first)
    {
    }

    private KvPositions(int[] listed, int heads, int first)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        if (listed.Length % heads != 0)
        {
            throw new ArgumentException($"{listed.Length} positions are not equally many for {heads} heads.", nameof(listed));
        }

        Heads = heads;
        Kept = listed.Length / heads;
        First = first;
        _listed = listed;
        CheckAscending();
    }

    /// <summary>The number of KV heads.</summary>
    public int Heads { get; }

    /// <summary>The number of each head's first cells whose positions are listed.</summary>
    public int Kept { get; }

    /// <summary>The position of the token in the cell behind the listed ones, whether there is one yet or not.</summary>
    public int First { get; }

    /// <summary>The position of a cell's token.</summary>
    /// <param name="head">The KV head, from 0.</param>
    /// <param name="cell">The cell, from 0; there is no end.</param>
    public int this[int head, int cell] => cell < Kept ? _listed[(head * Kept) + cell] : First + (cell - Kept);

    /// <summary>The listed positions of one head, ascending.</summary>
    /// <param name="head">The KV head, from 0.</param>
    public ReadOnlySpan<int> Listed(int head) => _listed.AsSpan(head * Kept, Kept);

    /// <summary>How many of a head's cells hold tokens before a position: the first cell at or behind it, which need not be filled.</summary>
    /// <param name="head">The KV head, from 0.</param>
    /// <param name="position">The position.</param>
    public int CellsBefore(int head, int position)
    {
        if (position >= First)
        {
            return Kept + (position - First);
        }

        int index = Listed(head).BinarySearch(position);
        return index < 0 ? ~index : index;
    }

    /// <summary>Creates the positions of one layer over an array that nobody else writes to: nothing is copied.</summary>
    internal static KvPositions Over(int[] listed, int heads, int first) => new(listed, heads, first);

    private void CheckAscending()
    {
        for (int head = 0; head < Heads; head++)
        {
            int previous = -1;
            foreach (int position in Listed(head))
            {
                if (position <= previous || position >= First)
                {
                    throw new ArgumentException(
                        $"Head {head} has position {position} behind {previous}: positions must ascend and lie below {First}, where the next token stands.");
                }

                previous = position;
            }
        }
    }
}
