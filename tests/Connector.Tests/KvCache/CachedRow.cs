using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Tests.KvCache;

/// <summary>Reads single rows of a cache, from the formats' definitions.</summary>
internal static unsafe class CachedRow
{
    /// <summary>The bytes of one head's key or value of a token, in any type and layout.</summary>
    public static byte[] Bytes(KvTensor tensor, int head, int token)
    {
        if (tensor.Layout == KvLayout.TokenMajor)
        {
            return new ReadOnlySpan<byte>(tensor.HeadData(head) + (token * tensor.RowBytes), tensor.SliceBytes).ToArray();
        }

        int elementBytes = KvTensor.SliceBytesOf(tensor.Type, 1);
        return [.. Enumerable.Range(head * tensor.HeadDimension, tensor.HeadDimension)
            .SelectMany(channel => new ReadOnlySpan<byte>(tensor.Data + (channel * tensor.RowBytes) + (token * elementBytes), elementBytes).ToArray())];
    }

    /// <summary>One head's key or value of a token, f32 or q8_0.</summary>
    public static float[] Read(KvTensor tensor, int head, int token)
    {
        byte* row = tensor.HeadData(head) + (token * tensor.RowBytes);
        var values = new float[tensor.HeadDimension];
        for (int i = 0; i < values.Length; i++)
        {
            byte* block = row + (i / 32 * 34);
            values[i] = tensor.Type == KvElementType.F32 ? ((float*)row)[i] : (float)*(Half*)block * ((sbyte*)block)[2 + (i % 32)];
        }

        return values;
    }
}
