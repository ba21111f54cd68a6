using System.Runtime.InteropServices;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.State;

/// <summary>What a sequence's cells hold: llama.cpp knows of a cell what its position is, not which tokens its heads hold.</summary>
/// <remarks>
/// Cells lie in order from the sequence's first cell on. A compression leaves all positions but the last cell's where they are: they
/// only feed the causal mask, and every path can leave them alone, so that all end in the same bytes. The newest token's cell keeps
/// its position, since decoding goes on behind it. Used on the context's thread only.
/// </remarks>
/// <param name="id">The sequence, which is also its stream.</param>
/// <param name="slidingWindow">The last tokens that some layers keep in cells of their own, which no compression touches; 0 for none.</param>
internal sealed class KvSequence(int id, int slidingWindow = 0)
{
    private readonly List<int> _text = [];

    // The positions of the first cells, as the last compression left them; the cells behind them have consecutive ones.
    private int[] _listed = [];

    /// <summary>The sequence, which is also its stream.</summary>
    public int Id => id;

    /// <summary>The number of cells.</summary>
    public int Cells { get; private set; }

    /// <summary>The last tokens that some layers keep in cells of their own, which no compression touches; 0 for none.</summary>
    public int SlidingWindow => slidingWindow;

    /// <summary>The tokens that were read, whether they still have a cell or not. Valid until the sequence changes.</summary>
    public ReadOnlySpan<int> Text => CollectionsMarshal.AsSpan(_text);

    /// <summary>The number of tokens that were read: the next one's position.</summary>
    public int Tokens => _text.Count;

    /// <summary>Each layer's positions of the tokens that its heads hold; null while the index is the position.</summary>
    public IReadOnlyList<KvPositions>? HeadPositions { get; private set; }

    /// <summary>A cell's position, as llama.cpp's mask knows it.</summary>
    public int MaskPosition(int cell) => cell < _listed.Length ? _listed[cell] : Tokens - Cells + cell;

    /// <summary>The cells' positions once only <paramref name="cells"/> are left.</summary>
    public int[] MaskPositionsOf(int cells)
    {
        var positions = new int[cells];
        for (int cell = 0; cell < cells - 1; cell++)
        {
            positions[cell] = MaskPosition(cell);
        }

        positions[^1] = Tokens - 1;
        return positions;
    }

    /// <summary>
    /// The cells that a sliding window has to have for the next tokens, which are decoded in one call: the last tokens before the first
    /// of them keep theirs.
    /// </summary>
    /// <param name="tokens">The number of tokens in the call.</param>
    /// <param name="ahead">The number of tokens that are decoded before.</param>
    public int WindowCells(int tokens, int ahead = 0) => slidingWindow == 0 ? 0 : Math.Min(Tokens + ahead, slidingWindow - 1) + tokens;

    /// <summary>The cells that a context has to have for so many tokens more, a sliding window's among them.</summary>
    public int CellsWith(int tokens) => Math.Max(Cells + tokens, WindowCells(tokens));

    /// <summary>Notes tokens that were decoded.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        Cells += tokens.Length;
        _text.AddRange(tokens);
    }

    /// <summary>Notes that the newest tokens were removed again.</summary>
    public void Undo(int tokens)
    {
        Cells -= tokens;
        _text.RemoveRange(_text.Count - tokens, tokens);
    }

    /// <summary>Notes that each head holds its selected tokens only.</summary>
    public void Keep(KvSelection selection)
    {
        HeadPositions = selection.PositionsAfter(HeadPositions, Tokens);
        _listed = MaskPositionsOf(selection.Cells);
        Cells = selection.Cells;
    }

    /// <summary>Notes that the sequence is empty.</summary>
    public void Clear()
    {
        _listed = [];
        _text.Clear();
        (Cells, HeadPositions) = (0, null);
    }

    /// <summary>Notes that the sequence holds what another one does.</summary>
    public void CopyFrom(KvSequence other)
    {
        _listed = other._listed;
        _text.Clear();
        _text.AddRange(other.Text);
        (Cells, HeadPositions) = (other.Cells, other.HeadPositions);
    }
}
