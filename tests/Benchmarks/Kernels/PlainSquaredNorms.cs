using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using CurKv.KvPolicy.Cache;

namespace CurKv.Benchmarks.Kernels;

/// <summary>The obvious way to squared norms: each row is converted to floats and handed to TensorPrimitives.</summary>
internal static unsafe class PlainSquaredNorms
{
    private const int BlockLength = 32;

    public static void Compute(in KvTensor tensor, Span<float> squares)
    {
        Span<float> row = stackalloc float[tensor.HeadDimension];
        for (int token = 0; token < tensor.Tokens; token++)
        {
            byte* data = tensor.Data + (token * tensor.RowBytes);
            for (int head = 0; head < tensor.Heads; head++)
            {
                Convert(tensor.Type, new ReadOnlySpan<byte>(data + (head * tensor.SliceBytes), tensor.SliceBytes), row);
                squares[(head * tensor.Tokens) + token] = TensorPrimitives.SumOfSquares<float>(row);
            }
        }
    }

    private static void Convert(KvElementType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (type)
        {
            case KvElementType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(target);
                break;
            case KvElementType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), target);
                break;
            case KvElementType.BF16:
                ReadOnlySpan<ushort> elements = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = BitConverter.UInt32BitsToSingle((uint)elements[i] << 16);
                }

                break;
            case KvElementType.Q8_0:
                for (int block = 0; block < target.Length; block += BlockLength, source = source[34..])
                {
                    float scale = (float)BitConverter.ToHalf(source);
                    for (int i = 0; i < BlockLength; i++)
                    {
                        target[block + i] = scale * (sbyte)source[2 + i];
                    }
                }

                break;
            default:
                for (int block = 0; block < target.Length; block += BlockLength, source = source[18..])
                {
                    float scale = (float)BitConverter.ToHalf(source);
                    for (int i = 0; i < BlockLength / 2; i++)
                    {
                        target[block + i] = scale * ((source[2 + i] & 15) - 8);
                        target[block + (BlockLength / 2) + i] = scale * ((source[2 + i] >> 4) - 8);
                    }
                }

                break;
        }
    }
}
