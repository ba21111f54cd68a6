using System.Runtime.InteropServices;
using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Native memory laid out as a cache lays out its keys or values.</summary>
internal sealed unsafe class TestTensor : IDisposable
{
    // Rows do not follow each other closely in a cache that holds other things too.
    private const int RowPadding = 64;

    private readonly byte* _data;

    public TestTensor(KvElementType type, KvLayout layout, int tokens, int heads, int headDimension)
    {
        int rows = layout == KvLayout.TokenMajor ? tokens : heads * headDimension;
        int rowBytes = RowPadding + (layout == KvLayout.TokenMajor
            ? KvTensor.SliceBytesOf(type, headDimension) * heads
            : KvTensor.SliceBytesOf(type, 1) * tokens);
        Bytes = rows * rowBytes;
        _data = (byte*)NativeMemory.AllocZeroed((nuint)Bytes);
        View = new KvTensor(_data, type, layout, tokens, heads, headDimension, rowBytes);
    }

    public KvTensor View { get; }

    private int Bytes { get; }

    /// <summary>Holds rows <c>[heads][tokens][head dimension]</c>.</summary>
    public static TestTensor Of(float[][][] rows, KvElementType type = KvElementType.F32, KvLayout layout = KvLayout.TokenMajor)
    {
        var tensor = new TestTensor(type, layout, rows[0].Length, rows.Length, rows[0][0].Length);
        for (int head = 0; head < rows.Length; head++)
        {
            for (int token = 0; token < rows[head].Length; token++)
            {
                tensor.SetRow(head, token, channel => rows[head][token][channel]);
            }
        }

        return tensor;
    }

    /// <summary>Random finite elements; quantised types get random blocks.</summary>
    public static TestTensor Random(KvElementType type, KvLayout layout, int tokens, int heads, int headDimension, int seed)
    {
        var random = new Random(seed);
        var tensor = new TestTensor(type, layout, tokens, heads, headDimension);
        if (type is KvElementType.Q8_0 or KvElementType.Q4_0)
        {
            tensor.FillBlocks(random);
            return tensor;
        }

        for (int head = 0; head < heads; head++)
        {
            for (int token = 0; token < tokens; token++)
            {
                tensor.SetRow(head, token, _ => (random.NextSingle() - 0.5f) * 4);
            }
        }

        return tensor;
    }

    public void SetRow(int head, int token, Func<int, float> value)
    {
        for (int channel = 0; channel < View.HeadDimension; channel++)
        {
            Set(head, token, channel, value(channel));
        }
    }

    public void Set(int head, int token, int channel, float value)
    {
        (int row, int column) = View.Layout == KvLayout.TokenMajor
            ? (token, (head * View.HeadDimension) + channel)
            : ((head * View.HeadDimension) + channel, token);
        byte* start = _data + (row * View.RowBytes);
        switch (View.Type)
        {
            case KvElementType.F32:
                ((float*)start)[column] = value;
                break;
            case KvElementType.F16:
                ((Half*)start)[column] = (Half)value;
                break;
            case KvElementType.BF16:
                ((ushort*)start)[column] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
                break;
            default:
                throw new NotSupportedException($"{View.Type} is written in blocks.");
        }
    }

    /// <summary>Sets the scale of the block that holds an element of a quantised tensor.</summary>
    public void SetScale(int head, int token, int channel, Half scale)
    {
        int blockBytes = KvTensor.SliceBytesOf(View.Type, 32);
        *(Half*)(View.HeadData(head) + (token * View.RowBytes) + (channel / 32 * blockBytes)) = scale;
    }

    public void Dispose() => NativeMemory.Free(_data);

    private void FillBlocks(Random random)
    {
        random.NextBytes(new Span<byte>(_data, Bytes));
        for (int head = 0; head < View.Heads; head++)
        {
            for (int token = 0; token < View.Tokens; token++)
            {
                for (int channel = 0; channel < View.HeadDimension; channel += 32)
                {
                    SetScale(head, token, channel, (Half)(random.NextSingle() / 64));
                }
            }
        }
    }
}
