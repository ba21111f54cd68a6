using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Tests.Numerics;

public class SplitMix64Tests
{
    // The first outputs of the published generator for the seed 1234567.
    [Fact]
    public void Hash_PublishedSeed_GivesPublishedNumbers()
    {
        const ulong Gamma = 0x9E37_79B9_7F4A_7C15;

        Assert.Equal(6457827717110365317UL, SplitMix64.Hash(1234567));
        Assert.Equal(3203168211198807973UL, SplitMix64.Hash(unchecked(1234567 + Gamma)));
    }
}
