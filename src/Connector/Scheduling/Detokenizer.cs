using System.Collections.Frozen;
using System.Text;
using CurKv.Connector.Engine;

namespace CurKv.Connector.Scheduling;

/// <summary>
/// Converts tokens to text. A character that is split over tokens is held back until it is complete, and the possible beginning of a
/// stop sequence until it is clear whether it is one.
/// </summary>
/// <param name="engine">The model.</param>
/// <param name="stopSequences">Texts that end the answer.</param>
/// <param name="visibleSpecialTokens">The special tokens whose text is part of the output.</param>
internal sealed class Detokenizer(ILlamaEngine engine, IReadOnlyList<string> stopSequences, FrozenSet<int> visibleSpecialTokens)
{
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _held = new();
    private byte[] _bytes = new byte[64];
    private char[] _characters = new char[64];

    /// <summary>Appends a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="text">The text that is complete now; often empty.</param>
    /// <returns>Whether a stop sequence is complete: the text ends before it.</returns>
    public bool Append(int token, out string text)
    {
        bool special = visibleSpecialTokens.Contains(token);
        int length = engine.Piece(token, _bytes, special);
        if (length > _bytes.Length)
        {
            _bytes = new byte[length];
            length = engine.Piece(token, _bytes, special);
        }

        if (_characters.Length < length + 1)
        {
            _characters = new char[length + 1];
        }

        int count = _utf8.GetChars(_bytes.AsSpan(0, length), _characters, flush: false);
        if (stopSequences.Count == 0)
        {
            text = count == 0 ? string.Empty : new string(_characters, 0, count);
            return false;
        }

        _held.Append(_characters, 0, count);
        return Release(out text);
    }

    /// <summary>Returns the text that is still held back at the end of the answer.</summary>
    public string Finish()
    {
        int count = _utf8.GetChars([], _characters, flush: true);
        string rest = _held.Append(_characters, 0, count).ToString();
        _held.Clear();
        return rest;
    }

    private bool Release(out string text)
    {
        string held = _held.ToString();
        int end = -1;
        foreach (string stop in stopSequences)
        {
            int at = held.IndexOf(stop, StringComparison.Ordinal);
            end = at >= 0 && (end < 0 || at < end) ? at : end;
        }

        if (end >= 0)
        {
            text = held[..end];
            _held.Clear();
            _utf8.Reset();
            return true;
        }

        int keep = stopSequences.Max(stop => LongestStart(held, stop));
        text = held[..^keep];
        _held.Remove(0, text.Length);
        return false;
    }

    // The number of characters at the end of the text that may begin a stop sequence.
    private static int LongestStart(string text, string stop)
    {
        for (int length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
        {
            if (text.AsSpan().EndsWith(stop.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}
