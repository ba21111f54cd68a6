using CurKv.KvPolicy.Selection;

namespace CurKv.KvPolicy.Tests.Selection;

public class ParallelLayersTests
{
    [Fact]
    public void ForEach_EveryLayer_IsDoneOnce()
    {
        int[] done = new int[20];
        ParallelLayers.ForEach(done.Length, new ParallelOptions(), layer => Interlocked.Increment(ref done[layer]));

        Assert.All(done, times => Assert.Equal(1, times));
    }

    [Fact]
    public void ForEach_LayerThatThrows_ThrowsTheSame() => Assert.Throws<InvalidOperationException>(
        () => ParallelLayers.ForEach(3, new ParallelOptions(), _ => throw new InvalidOperationException()));
}
