using CurKv.KvPolicy.Selection;

namespace CurKv.KvPolicy.Tests.Selection;

public class KvSelectionTests
{
    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void Constructor_ShapeOutOfRange_Throws(int layers, int heads, int cells) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvSelection(layers, heads, cells));

    [Fact]
    public void Indexer_EveryHead_HasItsOwnCells()
    {
        var selection = new KvSelection(layers: 2, heads: 3, cells: 4);
        for (int layer = 0; layer < 2; layer++)
        {
            for (int head = 0; head < 3; head++)
            {
                selection[layer, head].Fill((10 * layer) + head);
            }
        }

        Assert.Equal([1, 1, 1, 1], selection[0, 1].ToArray());
        Assert.Equal([12, 12, 12, 12], selection[1, 2].ToArray());
    }
}
