using System.Text;

namespace CurKv.Connector.Engine;

/// <summary>
/// Finds the first of some texts in an answer that comes in tokens, which may hold a part of it or more. Remembers no more than the
/// tokens since a text may have begun. Not thread-safe.
/// </summary>
/// <param name="triggers">The texts.</param>
internal sealed class TriggerSearch(IReadOnlyList<string> triggers)
{
    private readonly byte[][] _triggers = [.. triggers.Select(Encoding.UTF8.GetBytes)];
    private readonly List<(int Token, int Start)> _tokens = [];
    private byte[] _text = new byte[256];
    private int _length;

    /// <summary>Where the text that was found begins, in the bytes that are remembered.</summary>
    public int Found { get; private set; }

    /// <summary>The tokens remembered.</summary>
    public int Count => _tokens.Count;

    /// <summary>A token that is remembered, and where its bytes begin.</summary>
    public (int Token, int Start) this[int index] => _tokens[index];

    /// <summary>A token's bytes.</summary>
    public ReadOnlySpan<byte> Piece(int index) => _text.AsSpan(_tokens[index].Start..(index + 1 < _tokens.Count ? _tokens[index + 1].Start : _length));

    /// <summary>Takes a token.</summary>
    /// <returns>Whether a text is whole with it.</returns>
    public bool Append(int token, ReadOnlySpan<byte> piece)
    {
        if (_text.Length < _length + piece.Length)
        {
            Array.Resize(ref _text, 2 * (_length + piece.Length));
        }

        piece.CopyTo(_text.AsSpan(_length));
        _tokens.Add((token, _length));
        _length += piece.Length;
        Found = int.MaxValue;
        foreach (byte[] trigger in _triggers)
        {
            int at = _text.AsSpan(0, _length).IndexOf(trigger);
            Found = at >= 0 ? Math.Min(at, Found) : Found;
        }

        return Found != int.MaxValue;
    }

    /// <summary>Forgets all tokens.</summary>
    public void Clear()
    {
        _tokens.Clear();
        _length = 0;
    }

    /// <summary>Takes the last token back.</summary>
    public void Undo()
    {
        _length = _tokens[^1].Start;
        _tokens.RemoveAt(_tokens.Count - 1);
    }

    /// <summary>Forgets the tokens before the longest end that a text may begin with. To be called where none was found.</summary>
    public void Trim()
    {
        int keep = 0;
        foreach (byte[] trigger in _triggers)
        {
            keep = Math.Max(keep, LongestStart(trigger));
        }

        int drop = 0;
        while (drop < _tokens.Count && (drop + 1 < _tokens.Count ? _tokens[drop + 1].Start : _length) <= _length - keep)
        {
            drop++;
        }

        if (drop > 0)
        {
            Drop(drop);
        }
    }

    private void Drop(int count)
    {
        int start = count < _tokens.Count ? _tokens[count].Start : _length;
        _tokens.RemoveRange(0, count);
        for (int i = 0; i < _tokens.Count; i++)
        {
            _tokens[i] = (_tokens[i].Token, _tokens[i].Start - start);
        }

        _text.AsSpan(start.._length).CopyTo(_text);
        _length -= start;
    }

    // How many bytes at the end a text could begin with.
    private int LongestStart(byte[] trigger)
    {
        for (int length = Math.Min(_length, trigger.Length - 1); length > 0; length--)
        {
            if (_text.AsSpan(0, _length).EndsWith(trigger.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}
