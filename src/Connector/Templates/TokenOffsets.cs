using System.Text;
using CurKv.Connector.Engine;
using CurKv.KvPolicy;

namespace CurKv.Connector.Templates;

/// <summary>Where each token of a text begins in it.</summary>
internal sealed class TokenOffsets
{
    private readonly string _text;
    private readonly int[] _starts;

    private TokenOffsets(string text, int[] starts)
    {
        _text = text;
        _starts = starts;
    }

    /// <summary>Adds up the tokens' bytes.</summary>
    /// <returns>The offsets, or null where the tokens have fewer bytes than the text: then they are not its pieces.</returns>
    public static TokenOffsets? Find(ILlamaEngine engine, string text, int[] tokens)
    {
        int[] starts = new int[tokens.Length + 1];
        for (int i = 0; i < tokens.Length; i++)
        {
            starts[i + 1] = starts[i] + engine.Piece(tokens[i], [], special: true);
        }

        // What the tokens have more goes before the text: the begin-of-sequence token, or the space that some tokenizers add.
        int before = starts[^1] - Encoding.UTF8.GetByteCount(text);
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] -= before;
        }

        return before >= 0 ? new TokenOffsets(text, starts) : null;
    }

    /// <summary>The tokens that hold a part of the text; a token that sticks out of it counts.</summary>
    public TokenRange Tokens(int start, int end)
    {
        if (start >= end)
        {
            return default;
        }

        int firstByte = Encoding.UTF8.GetByteCount(_text.AsSpan(0, start));
        int endByte = firstByte + Encoding.UTF8.GetByteCount(_text.AsSpan(start, end - start));
        int first = _starts.AsSpan().BinarySearch(firstByte);
        int last = _starts.AsSpan().BinarySearch(endByte);

        // Where no token begins, the search gives the complement of the next one.
        return new TokenRange(first >= 0 ? first : ~first - 1, last >= 0 ? last : ~last);
    }
}
