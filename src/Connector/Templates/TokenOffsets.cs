using System.Text;
using CurKv.Connector.Engine;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Templates;

/// <summary>The offset of each token in a text. Not thread-safe.</summary>
internal sealed class TokenOffsets
{
    private readonly string _text;
    private readonly int[] _starts;
    private int _character;
    private int _byte;

    private TokenOffsets(string text, int[] starts)
    {
        _text = text;
        _starts = starts;
    }

    /// <summary>Aligns the tokens' pieces with the text.</summary>
    /// <returns>The offsets, or null if a token is not a piece of the text.</returns>
    public static TokenOffsets? Find(ILlamaEngine engine, string text, int[] tokens)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        int length = rest.Length;
        int[] starts = new int[tokens.Length + 1];
        byte[] buffer = new byte[256];
        for (int i = 0; i < tokens.Length; i++)
        {
            int bytes = engine.Piece(tokens[i], buffer, special: true);
            if (bytes > buffer.Length)
            {
                return null;
            }

            ReadOnlySpan<byte> piece = buffer.AsSpan(0, bytes);
            starts[i] = length - rest.Length;
            if (rest.StartsWith(piece))
            {
                rest = rest[bytes..];
            }
            else if (piece is [(byte)' ', ..] && rest.StartsWith(piece[1..]))
            {
                // SentencePiece adds a space before the text, and after special tokens.
                rest = rest[(bytes - 1)..];
            }
            else if (rest.TrimStart(" \t\r\n"u8) is var behind && bytes > 0 && behind.StartsWith(piece))
            {
                // Some special tokens absorb the white space after them.
                rest = behind[bytes..];
            }
            else if (i > 0)
            {
                return null;
            }

            // A first token that is not in the text is the begin-of-sequence token.
        }

        starts[^1] = length;
        return new TokenOffsets(text, starts);
    }

    /// <summary>The tokens of a part of the text, including tokens that overlap its ends. Fastest if parts are queried in ascending order.</summary>
    public TokenRange Tokens(int start, int end)
    {
        if (start >= end)
        {
            return default;
        }

        // The last token that begins at or before the part, and the first one that begins at or after its end.
        int first = Count(Bytes(start) + 1, _starts.Length - 1) - 1;
        int last = Count(Bytes(end), _starts.Length);
        return new TokenRange(first, last);
    }

    // The number of bytes before a character, counted from the last query if that was not after it.
    private int Bytes(int character)
    {
        if (character < _character)
        {
            (_character, _byte) = (0, 0);
        }

        _byte += Encoding.UTF8.GetByteCount(_text.AsSpan(_character..character));
        _character = character;
        return _byte;
    }

    // How many offsets are below a number.
    private int Count(int bound, int length)
    {
        int low = 0;
        while (low < length)
        {
            int middle = (low + length) / 2;
            (low, length) = _starts[middle] < bound ? (middle + 1, length) : (low, middle);
        }

        return low;
    }
}
