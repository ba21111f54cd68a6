using System.Text;
using CurKv.Connector.Templates;
using CurKv.Connector.Tests.Engine;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Tests.Templates;

public class TokenOffsetsTests
{
    // As SentencePiece's pieces are: a space before the text and behind special tokens, and none that the text has there.
    [Theory]
    [InlineData("<s>¦ [¦INST¦]¦ Be¦ kind¦[/INST]¦ Yes¦.", "[INST] Be kind[/INST]Yes.", "kind", 5, 6)]
    [InlineData("<s>¦ [¦INST¦]¦ Be¦ kind¦[/INST]¦ Yes¦.", "[INST] Be kind[/INST]Yes.", "Yes", 7, 8)]
    [InlineData(" <|user|>¦Hi¦<|end|>¦<|assistant|>", "<|user|>\nHi<|end|>\n<|assistant|>\n", "Hi", 1, 2)]
    [InlineData("<s>¦漢¦字¦ 😀¦!", "漢字 😀!", "😀", 3, 4)]
    [InlineData("ab¦cd¦ef", "abcdef", "bcde", 0, 3)]
    public void Tokens_Part_AreThoseThatHoldIt(string pieces, string text, string part, int start, int end)
    {
        TokenOffsets? offsets = Find(pieces, text);

        int at = text.IndexOf(part, StringComparison.Ordinal);
        Assert.Equal(new TokenRange(start, end), offsets?.Tokens(at, at + part.Length));
    }

    [Theory]
    [InlineData("ab¦x¦ef", "abcdef")]
    [InlineData("<s>¦ab¦<unk>¦d", "abcd")]
    public void Find_PiecesOfAnotherText_IsNull(string pieces, string text) => Assert.Null(Find(pieces, text));

    private static TokenOffsets? Find(string pieces, string text)
    {
        byte[][] bytes = [.. pieces.Split('¦').Select(Encoding.UTF8.GetBytes)];
        return TokenOffsets.Find(new FakeLlamaEngine { OnPiece = token => bytes[token] }, text, [.. Enumerable.Range(0, bytes.Length)]);
    }
}
