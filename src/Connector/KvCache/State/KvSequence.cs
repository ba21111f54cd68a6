using System.Runtime.InteropServices;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.State;

/// <summary>What a sequence's cells hold: llama.cpp knows a cell's position, but not which tokens its heads hold.</summary>
/// <remarks>
/// Cells are in order from the sequence's first cell on. A compression changes no position except that of the last cell: positions
/// only feed the causal mask, and every path can leave them unchanged, so that all paths leave the same bytes. The newest token keeps
/// its position, since decoding continues after it. Used on the context's thread only.
/// </remarks>
/// <param name="id">The sequence, which is also its stream.</param>
/// <param name="slidingWindow">The number of last tokens that sliding-window layers keep in their own cells, which are never compressed; 0 for none.</param>
internal sealed class KvSequence(int id, int slidingWindow = 0)
{
    private readonly List<int> _text = [];

    // The positions of the first cells after the last compression. The cells after them have consecutive positions.
    private int[] _listed = [];

    /// <summary>The sequence, which is also its stream.</summary>
    public int Id => id;

    /// <summary>The number of cells.</summary>
    public int Cells { get; private set; }

    /// <summary>The number of last tokens that sliding-window layers keep in their own cells, which are never compressed; 0 for none.</summary>
    public int SlidingWindow => slidingWindow;

    /// <summary>All tokens of the sequence, whether they still have a cell or not. Valid until the sequence changes.</summary>
    public ReadOnlySpan<int> Text => CollectionsMarshal.AsSpan(_text);

    /// <summary>The number of tokens, which is the next token's position.</summary>
    public int Tokens => _text.Count;

    /// <summary>For each layer, the positions of the tokens that its heads hold; null while a cell's index is its position.</summary>
    public IReadOnlyList<KvPositions>? HeadPositions { get; private set; }

    /// <summary>A cell's position in llama.cpp's causal mask.</summary>
    public int MaskPosition(int cell) => cell < _listed.Length ? _listed[cell] : Tokens - Cells + cell;

    /// <summary>The cells' positions when only <paramref name="cells"/> remain.</summary>
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
    /// The cells that a sliding window needs for the next tokens, which are decoded in one call: those tokens, and the window before the
    /// first of them.
    /// </summary>
    /// <param name="tokens">The number of tokens in the call.</param>
    /// <param name="ahead">The number of tokens that are decoded before them.</param>
    public int WindowCells(int tokens, int ahead = 0) => slidingWindow == 0 ? 0 : Math.Min(Tokens + ahead, slidingWindow - 1) + tokens;

    /// <summary>The cells that a context needs for <paramref name="tokens"/> more tokens, including a sliding window's.</summary>
    public int CellsWith(int tokens) => Math.Max(Cells + tokens, WindowCells(tokens));

    /// <summary>Records tokens that were decoded.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        Cells += tokens.Length;
        _text.AddRange(tokens);
    }

    /// <summary>Records that the newest tokens were removed.</summary>
    public void Undo(int tokens)
    {
        Cells -= tokens;
        _text.RemoveRange(_text.Count - tokens, tokens);
    }

    /// <summary>Records that each head holds only its selected tokens.</summary>
    public void Keep(KvSelection selection)
    {
        HeadPositions = selection.PositionsAfter(HeadPositions, Tokens);
        _listed = MaskPositionsOf(selection.Cells);
        Cells = selection.Cells;
    }

    /// <summary>Records that the sequence is empty.</summary>
    public void Clear()
    {
        _listed = [];
        _text.Clear();
        (Cells, HeadPositions) = (0, null);
    }

    /// <summary>Records that the sequence holds the same as another one.</summary>
    public void CopyFrom(KvSequence other)
    {
        _listed = other._listed;
        _text.Clear();
        _text.AddRange(other.Text);
        (Cells, HeadPositions) = (other.Cells, other.HeadPositions);
    }
}
