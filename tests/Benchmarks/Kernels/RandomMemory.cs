using System.Runtime.InteropServices;
using CurKv.KvPolicy.Cache;

namespace CurKv.Benchmarks.Kernels;

/// <summary>Native memory that the kernels read as keys and values, aligned to cache lines and far larger than the caches.</summary>
internal sealed unsafe class RandomMemory : IDisposable
{
    private const int Seed = 1;
    private const int Alignment = 64;
    private const int BlockLength = 32;

    // Random rows are made once and repeated: their values do not change a kernel's speed, NaN and denormals would.
    private const int PatternRows = 256;

    public RandomMemory(nuint bytes)
    {
        Bytes = (long)bytes;
        Data = (byte*)NativeMemory.AlignedAlloc(bytes, Alignment);
    }

    public long Bytes { get; }

    public byte* Data { get; }

    /// <summary>Fills all of it with rows of a type.</summary>
    /// <param name="type">How elements are stored.</param>
    /// <param name="rowBytes">The size of a row.</param>
    public void Fill(KvElementType type, int rowBytes)
    {
        var random = new Random(Seed);
        long pattern = PatternRows * (long)rowBytes;
        FillPattern(type, random, new Span<byte>(Data, (int)pattern));
        for (long start = pattern; start < Bytes; start += pattern)
        {
            long length = Math.Min(pattern, Bytes - start);
            Buffer.MemoryCopy(Data, Data + start, length, length);
        }
    }

    /// <summary>As many tokens as fit, token by token.</summary>
    /// <param name="type">How elements are stored.</param>
    /// <param name="tokens">Tokens per tensor.</param>
    /// <param name="heads">KV heads.</param>
    /// <param name="headDimension">Elements of a head.</param>
    /// <returns>Tensors side by side.</returns>
    public KvTensor[] Tensors(KvElementType type, int tokens, int heads, int headDimension)
    {
        int rowBytes = KvTensor.SliceBytesOf(type, headDimension) * heads;
        long tensorBytes = tokens * (long)rowBytes;
        var tensors = new KvTensor[Bytes / tensorBytes];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new KvTensor(Data + (i * tensorBytes), type, KvLayout.TokenMajor, tokens, heads, headDimension, rowBytes);
        }

        return tensors;
    }

    public void Dispose() => NativeMemory.AlignedFree(Data);

    private static void FillPattern(KvElementType type, Random random, Span<byte> pattern)
    {
        switch (type)
        {
            case KvElementType.F32:
                foreach (ref float element in MemoryMarshal.Cast<byte, float>(pattern))
                {
                    element = random.NextSingle() - 0.5f;
                }

                break;
            case KvElementType.F16:
                foreach (ref Half element in MemoryMarshal.Cast<byte, Half>(pattern))
                {
                    element = (Half)(random.NextSingle() - 0.5f);
                }

                break;
            case KvElementType.BF16:
                foreach (ref ushort element in MemoryMarshal.Cast<byte, ushort>(pattern))
                {
                    element = (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16);
                }

                break;
            default:
                random.NextBytes(pattern);
                int blockBytes = KvTensor.SliceBytesOf(type, BlockLength);
                for (int block = 0; block < pattern.Length; block += blockBytes)
                {
                    BitConverter.TryWriteBytes(pattern[block..], (Half)(random.NextSingle() / 64));
                }

                break;
        }
    }
}
