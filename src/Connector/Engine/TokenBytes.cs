using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine;

/// <summary>The bytes of a vocabulary's tokens, special ones included. Thread-safe.</summary>
internal sealed unsafe class TokenBytes
{
    /// <summary>The lowest of the first bytes that say nothing alone: a part of a character, or of a token that ends the answer or has no text.</summary>
    public const byte Undecided = 0x80;

    private const int None = -1;
    private readonly Lazy<(int[] Single, byte[] First)> _table;

    /// <summary>Reads a vocabulary when it is first needed.</summary>
    /// <param name="vocab">llama.cpp's vocabulary, which outlives this.</param>
    public TokenBytes(nint vocab)
    {
        Vocab = vocab;
        _table = new Lazy<(int[] Single, byte[] First)>(ReadAll);
    }

    /// <summary>llama.cpp's vocabulary.</summary>
    public nint Vocab { get; }

    /// <summary>The token that is this byte alone; null where the vocabulary has none.</summary>
    public int? Single(byte value) => _table.Value.Single[value] is int token and not None ? token : null;

    /// <summary>Each token's first byte; <see cref="Undecided"/> for those that end the answer or have no text.</summary>
    public ReadOnlySpan<byte> First => _table.Value.First;

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

    private (int[] Single, byte[] First) ReadAll()
    {
        int[] single = new int[256];
        Array.Fill(single, None);
        byte[] first = new byte[LlamaGaps.llama_vocab_n_tokens(Vocab)];
        byte[] buffer = new byte[64];
        for (int token = first.Length - 1; token >= 0; token--)
        {
            int length = Read(token, ref buffer);
            first[token] = length == 0 || LlamaGaps.llama_vocab_is_eog(Vocab, token) ? Undecided : buffer[0];
            if (length == 1)
            {
                single[buffer[0]] = token;
            }
        }

        return (single, first);
    }
}
