using System.Text;
using CurKv.Connector.Engine;

namespace CurKv.Connector.Tests.Engine;

public class TriggerSearchTests
{
    private static readonly string[] Triggers = ["<call>", "l>t", "<<t"];

    [Theory]
    [InlineData("<call>", 0, "<call>")]
    [InlineData("a|<|call|>", 0, "<|call|>")]
    [InlineData("a <ca|ll>x", 2, "a <ca|ll>x")]
    [InlineData("<<ca|<call|>", 0, "<call|>")]
    [InlineData("<ca<call>", 3, "<ca<call>")]
    [InlineData("x <call><t>", 2, "x <call><t>")]
    [InlineData("\u00e9<t>", 2, "\u00e9<t>")]
    [InlineData("a|b|c", null, "")]
    [InlineData("a|b<|c", null, "b<|c")]
    [InlineData("a|b<|x", null, "")]
    [InlineData("a|b<", null, "b<")]
    public void Append_Pieces_FindsTheFirstAndForgetsWhatCannotBeginOne(string pieces, int? found, string remembered)
    {
        var search = new TriggerSearch(["<call>", "<t>"]);
        int token = 0;
        bool isFound = false;
        foreach (string piece in pieces.Split('|'))
        {
            Assert.False(isFound);
            isFound = search.Append(token++, Encoding.UTF8.GetBytes(piece));
            if (!isFound)
            {
                search.Trim();
            }
        }

        Assert.Equal(found is not null, isFound);
        Assert.Equal(found ?? search.Found, search.Found);
        Assert.Equal(remembered, string.Join('|', Enumerable.Range(0, search.Count).Select(i => Encoding.UTF8.GetString(search.Piece(i)))));
        Assert.Equal(Enumerable.Range(token - search.Count, search.Count), Enumerable.Range(0, search.Count).Select(i => search[i].Token));
    }

    [Fact]
    public void Undo_LastToken_IsForgotten()
    {
        var search = new TriggerSearch(["<t>"]);
        search.Append(0, "<"u8);
        Assert.True(search.Append(1, "t>!"u8));
        search.Undo();
        Assert.False(search.Append(2, "t"u8));
        Assert.True(search.Append(3, ">"u8));

        Assert.Equal([0, 2, 3], Enumerable.Range(0, search.Count).Select(i => search[i].Token));
    }

    // Whatever way a text is cut, its trigger is found where it stands.
    [Fact]
    public void Append_RandomCuts_FindsTheSame()
    {
        var random = new Random(1);
        for (int round = 0; round < 500; round++)
        {
            string text = string.Concat(Enumerable.Range(0, 40).Select(_ => "<cal>t "[random.Next(7)]));
            var search = new TriggerSearch(Triggers);
            int at = 0;
            bool isFound = false;
            while (at < text.Length && !isFound)
            {
                int length = Math.Min(random.Next(1, 6), text.Length - at);
                isFound = search.Append(at, Encoding.UTF8.GetBytes(text.Substring(at, length)));
                at += length;
                if (!isFound)
                {
                    search.Trim();
                }
            }

            int first = Triggers.Select(trigger => text.IndexOf(trigger, StringComparison.Ordinal)).Where(index => index >= 0).DefaultIfEmpty(-1).Min();
            Assert.Equal(first >= 0, isFound);
            if (isFound)
            {
                // The whole text may hold an earlier one that ends later.
                int start = search[0].Token + search.Found;
                Assert.Contains(Triggers, trigger => text.AsSpan(start).StartsWith(trigger));
                Assert.InRange(start, first, at);
            }
        }
    }
}
