using System.Text;
using CurKv.Connector.Engine;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Templates;

/// <summary>Where each token of a text begins in it. Not thread-safe.</summary>
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

    /// <summary>Lays the tokens' pieces along the text.</summary>
    /// <returns>The offsets, or null where a token is not a piece of the text.</returns>
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
                // SentencePiece puts a space before the text, and behind special tokens.
                rest = rest[(bytes - 1)..];
            }
            else if (rest.TrimStart(" \t\r\n"u8) is var behind && bytes > 0 && behind.StartsWith(piece))
            {
                // Some special tokens swallow the white space behind them.
                rest = behind[bytes..];
            }
            else if (i > 0)
            {
                return null;
            }

            // What does not begin the text is the begin-of-sequence token.
        }

        starts[^1] = length;
        return new TokenOffsets(text, starts);
    }

    /// <summary>The tokens that hold a part of the text; a token that sticks out of it counts. Quickest where parts are asked for in their order.</summary>
    public TokenRange Tokens(int start, int end)
    {
        if (start >= end)
        {
            return default;
        }

        // The last token that begins at or before the part, and the first one that begins at or behind its end.
        int first = Count(Bytes(start) + 1, _starts.Length - 1) - 1;
        int last = Count(Bytes(end), _starts.Length);
        return new TokenRange(first, last);
    }

    // How many bytes go before a character: counted from the one that was asked for last, if that does not lie behind.
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

    // How many of the first offsets are below a number.
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
