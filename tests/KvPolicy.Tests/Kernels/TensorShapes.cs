using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Kernels;

/// <summary>Every element type in every layout that it has, at sizes around the kernels' steps.</summary>
internal static class TensorShapes
{
    private static readonly int[] HeadDimensions = [1, 7, 8, 31, 32, 33, 64, 80, 96, 128, 256];
    private static readonly int[] TokenCounts = [1, 31, 32, 33, 63, 130];

    public static TheoryData<KvElementType, KvLayout, int, int> All()
    {
        var data = new TheoryData<KvElementType, KvLayout, int, int>();
        foreach (KvElementType type in Enum.GetValues<KvElementType>())
        {
            bool quantised = type is KvElementType.Q8_0 or KvElementType.Q4_0;
            foreach (int headDimension in HeadDimensions.Where(size => !quantised || size % 32 == 0))
            {
                foreach (int tokens in TokenCounts)
                {
                    data.Add(type, KvLayout.TokenMajor, tokens, headDimension);
                    if (!quantised)
                    {
                        data.Add(type, KvLayout.ChannelMajor, tokens, headDimension);
                    }
                }
            }
        }

        return data;
    }
}
