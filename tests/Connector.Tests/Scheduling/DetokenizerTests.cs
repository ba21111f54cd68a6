using System.Text;
using CurKv.Connector.Chat;
using CurKv.Connector.Engine;
using CurKv.Connector.Scheduling;
using CurKv.Connector.Tests.Engine;

namespace CurKv.Connector.Tests.Scheduling;

public class DetokenizerTests
{
    [Fact]
    public void Append_WholeCharacters_ShowsThemAtOnce()
    {
        (List<string> shown, bool stopped, string rest) = Run(["Hel", "lo 漢", "😀"], []);

        Assert.Equal(["Hel", "lo 漢", "😀"], shown);
        Assert.False(stopped);
        Assert.Empty(rest);
    }

    [Theory]
    [InlineData("aé漢😀")]
    [InlineData("😀😀")]
    [InlineData("e\u0301👩🏽a")]
    public void Append_CharactersSplitInEveryWay_ShowsOnlyWholeOnes(string text)
    {
        foreach (byte[][] tokens in Splits(Encoding.UTF8.GetBytes(text)))
        {
            foreach (string[] stops in new string[][] { [], ["STOP"] })
            {
                (List<string> shown, bool stopped, string rest) = Run(tokens, stops);

                Assert.Equal(text, string.Concat(shown));
                Assert.False(stopped);
                Assert.Empty(rest);
                Assert.All(shown, piece => Assert.Equal(piece, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(piece))));
            }
        }
    }

    [Fact]
    public void Append_InvalidBytes_ShowsReplacementCharacters()
    {
        (List<string> shown, _, string rest) = Run([[0xC3], [(byte)'a'], [0xFF, 0xFE], [(byte)'b']], []);

        Assert.Equal("\uFFFDa\uFFFD\uFFFDb", string.Concat(shown));
        Assert.Empty(rest);
    }

    [Fact]
    public void Append_RandomBytesInRandomTokens_ShowsWhatOneDecodingShows()
    {
        var random = new Random(5);
        for (int run = 0; run < 300; run++)
        {
            byte[] bytes = new byte[random.Next(1, 300)];
            random.NextBytes(bytes);
            List<byte[]> tokens = [];
            for (int start = 0; start < bytes.Length;)
            {
                int length = Math.Min(random.Next(1, 100), bytes.Length - start);
                tokens.Add(bytes[start..(start + length)]);
                start += length;
            }

            (List<string> shown, _, string rest) = Run(tokens, []);

            Assert.Equal(Encoding.UTF8.GetString(bytes), string.Concat(shown) + rest);
        }
    }

    [Fact]
    public void Append_TokenLongerThanTheBuffers_ShowsAllOfIt()
    {
        string text = string.Concat(Enumerable.Repeat("0123456789é", 50));

        (List<string> shown, _, _) = Run(["a", text, "b"], []);

        Assert.Equal(["a", text, "b"], shown);
    }

    [Fact]
    public void Append_EmptyToken_ShowsNothing()
    {
        (List<string> shown, bool stopped, string rest) = Run(["", "a", ""], ["STOP"]);

        Assert.Equal(["a"], shown);
        Assert.False(stopped);
        Assert.Empty(rest);
    }

    [Theory]
    [InlineData("say END now", "say ", "END")]
    [InlineData("END", "", "END")]
    [InlineData("aaab", "a", "aab")]
    [InlineData("ababac", "ab", "abac")]
    [InlineData("EEND", "E", "END", "ENDING")]
    [InlineData("a\n\nQ: b", "a", "\n\nQ:", "\n\nA:")]
    [InlineData("x ENDIN y", "x ", "ENDING", "ENDIN")]
    [InlineData("ab漢字c", "ab", "漢字")]
    [InlineData("a😀b", "a", "😀")]
    [InlineData("foo bar", "foo", " bar", "baz")]
    public void Append_StopSplitInEveryWay_EndsBeforeItAndNeverLeaks(string text, string expected, params string[] stops)
    {
        foreach (byte[][] tokens in Splits(Encoding.UTF8.GetBytes(text)))
        {
            (List<string> shown, bool stopped, string rest) = Run(tokens, stops);

            Assert.True(stopped);
            Assert.Equal(expected, string.Concat(shown));
            Assert.Empty(rest);
        }
    }

    [Fact]
    public void Append_SeveralStopsInOneToken_EndsBeforeTheFirst()
    {
        (List<string> shown, bool stopped, _) = Run(["a TWO b ONE c"], ["ONE", "TWO"]);

        Assert.True(stopped);
        Assert.Equal(["a "], shown);
    }

    [Theory]
    [InlineData("say EN", "EN", "END")]
    [InlineData("say E", "E", "END", "ENDING")]
    [InlineData("ababa", "aba", "abac")]
    [InlineData("Hello\n", "\n", "\n\n")]
    public void Finish_BeginningOfAStop_ShowsWhatWasHeldBack(string text, string held, params string[] stops)
    {
        foreach (byte[][] tokens in Splits(Encoding.UTF8.GetBytes(text)))
        {
            (List<string> shown, bool stopped, string rest) = Run(tokens, stops);

            Assert.False(stopped);
            Assert.Equal(held, rest);
            Assert.Equal(text, string.Concat(shown) + rest);
        }
    }

    [Fact]
    public void Finish_HalfACharacter_ShowsAReplacementCharacter()
    {
        (List<string> shown, _, string rest) = Run([[(byte)'a', 0xF0, 0x9F]], []);
        (List<string> shownWithStop, _, string restWithStop) = Run([[(byte)'a', 0xF0, 0x9F]], ["STOP"]);

        Assert.Equal(("a", "\uFFFD"), (string.Concat(shown), rest));
        Assert.Equal(("a", "\uFFFD"), (string.Concat(shownWithStop), restWithStop));
    }

    private static (List<string> Shown, bool Stopped, string Held) Run(IReadOnlyList<string> tokens, string[] stops) =>
        Run([.. tokens.Select(Encoding.UTF8.GetBytes)], stops);

    private static (List<string> Shown, bool Stopped, string Held) Run(IReadOnlyList<byte[]> tokens, string[] stops)
    {
        var engine = new FakeLlamaEngine { OnSample = index => tokens[index] };
        using ILlamaContext context = engine.CreateContext(new LlamaContextSettings { ContextSize = 16 }, null);
        using ILlamaSampler sampler = engine.CreateSampler(SamplerMapping.Map(null));
        var text = new Detokenizer(engine, stops, []);
        List<string> shown = [];
        bool stopped = false;
        for (int i = 0; i < tokens.Count && !stopped; i++)
        {
            stopped = text.Append(context.Sample(sampler), out string piece);
            if (piece.Length > 0)
            {
                shown.Add(piece);
            }
        }

        return (shown, stopped, text.Finish());
    }

    // Every way to cut bytes into tokens.
    private static IEnumerable<byte[][]> Splits(byte[] bytes)
    {
        for (int cuts = 0; cuts < 1 << (bytes.Length - 1); cuts++)
        {
            List<byte[]> tokens = [];
            int start = 0;
            for (int i = 1; i <= bytes.Length; i++)
            {
                if (i == bytes.Length || (cuts & (1 << (i - 1))) != 0)
                {
                    tokens.Add(bytes[start..i]);
                    start = i;
                }
            }

            yield return [.. tokens];
        }
    }
}
