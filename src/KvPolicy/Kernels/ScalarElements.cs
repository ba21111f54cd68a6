using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Kernels;

/// <summary>Reads single elements: the definition that tests compare the vectorised kernels with.</summary>
internal static unsafe class ScalarElements
{
    private const int BlockLength = 32;

    /// <summary>One element of one head, any type and layout.</summary>
    public static float Read(in KvTensor tensor, int head, int token, int channel)
    {
        byte* data = tensor.HeadData(head);
        return tensor.Layout == KvLayout.TokenMajor
            ? Read(tensor.Type, data + (token * tensor.RowBytes), channel)
            : Read(tensor.Type, data + (channel * tensor.RowBytes), token);
    }

    /// <summary>One element of a row.</summary>
    public static float Read(KvElementType type, byte* row, int index) => type switch
    {
        KvElementType.F32 => ((float*)row)[index],
        KvElementType.F16 => (float)((Half*)row)[index],
        KvElementType.BF16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)row)[index] << 16),
        KvElementType.Q8_0 => ReadQ8(row + (index / BlockLength * 34), index % BlockLength),
        KvElementType.Q4_0 => ReadQ4(row + (index / BlockLength * 18), index % BlockLength),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a cache element type."),
    };

    private static float ReadQ8(byte* block, int index) => (float)*(Half*)block * ((sbyte*)block)[2 + index];

    private static float ReadQ4(byte* block, int index)
    {
        int pair = block[2 + (index % 16)];
        return (float)*(Half*)block * ((index < 16 ? pair & 15 : pair >> 4) - 8);
    }
}
