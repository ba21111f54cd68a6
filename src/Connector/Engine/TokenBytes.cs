namespace CurKv.Connector.Engine;

/// <summary>The bytes of a vocabulary's tokens, special ones included. Thread-safe.</summary>
internal sealed unsafe class TokenBytes
{
    private const int None = -1;
    private readonly Lazy<int[]> _single;

    /// <summary>Reads a vocabulary when it is first needed.</summary>
    /// <param name="vocab">llama.cpp's vocabulary, which outlives this.</param>
    public TokenBytes(nint vocab)
    {
        Vocab = vocab;
        _single = new Lazy<int[]>(FindSingle);
    }

    /// <summary>llama.cpp's vocabulary.</summary>
    public nint Vocab { get; }

    /// <summary>The token that is this byte alone; null where the vocabulary has none.</summary>
    public int? Single(byte value) => _single.Value[value] is int token and not None ? token : null;

    /// <summary>Writes a token's bytes into a buffer, which grows if it has to, and returns their number.</summary>
    public int Read(int token, ref byte[] buffer)
    {
        int length = Read(token, buffer);
        if (length < 0)
        {
            buffer = new byte[-length];
            length = Read(token, buffer);
        }

        return length;
    }

    private int Read(int token, Span<byte> buffer)
    {
        fixed (byte* destination = buffer)
        {
            return LlamaGaps.llama_token_to_piece(Vocab, token, destination, buffer.Length, 0, special: true);
        }
    }

    private int[] FindSingle()
    {
        int[] single = new int[256];
        Array.Fill(single, None);
        byte[] buffer = new byte[64];
        for (int token = LlamaGaps.llama_vocab_n_tokens(Vocab) - 1; token >= 0; token--)
        {
            if (Read(token, ref buffer) == 1)
            {
                single[buffer[0]] = token;
            }
        }

        return single;
    }
}
