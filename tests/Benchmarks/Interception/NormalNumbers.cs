using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Numerics;

namespace CurKv.Benchmarks.Interception;

/// <summary>
/// Seeded, normally distributed numbers as llama.cpp stores them. They are drawn from a table: a cache holds half a billion, and
/// each takes a nanosecond so.
/// </summary>
internal sealed class NormalNumbers
{
    private const int TableLength = 1 << 16;
    private const int DrawsPerHash = 4;
    private const int BlockLength = 32;

    // A block of q8_0 reaches this many standard deviations to either side.
    private const float BlockReach = 4;

    private readonly KvElementType _type;
    private readonly Half _blockScale;
    private readonly ushort[] _table = new ushort[TableLength];
    private ulong _drawn;

    /// <summary>Makes the table.</summary>
    /// <param name="type">How numbers are stored: f16 or q8_0.</param>
    /// <param name="deviation">Their standard deviation.</param>
    public NormalNumbers(KvElementType type, float deviation)
    {
        _type = type;
        _blockScale = (Half)(BlockReach * deviation / sbyte.MaxValue);
        for (int i = 0; i < TableLength; i++)
        {
            double number = SplitMix64.Normal(2 * (ulong)i);
            _table[i] = type switch
            {
                KvElementType.F16 => BitConverter.HalfToUInt16Bits((Half)(number * deviation)),
                KvElementType.Q8_0 => (byte)(sbyte)Math.Round(Math.Clamp(number / BlockReach, -1, 1) * sbyte.MaxValue),
                _ => throw new ArgumentException($"{type} is not written here: f16 and q8_0 are.", nameof(type)),
            };
        }
    }

    /// <summary>Fills a row of a multiple of 32 numbers.</summary>
    public void Fill(Span<byte> row)
    {
        if (_type == KvElementType.F16)
        {
            FillHalves(MemoryMarshal.Cast<byte, ushort>(row));
            return;
        }

        int blockBytes = KvTensor.SliceBytesOf(_type, BlockLength);
        for (; !row.IsEmpty; row = row[blockBytes..])
        {
            BinaryPrimitives.WriteHalfLittleEndian(row, _blockScale);
            FillBytes(row[(blockBytes - BlockLength)..blockBytes]);
        }
    }

    private void FillHalves(Span<ushort> numbers)
    {
        for (int i = 0; i < numbers.Length; i += DrawsPerHash)
        {
            ulong bits = SplitMix64.Hash(_drawn++);
            numbers[i] = _table[(ushort)bits];
            numbers[i + 1] = _table[(ushort)(bits >> 16)];
            numbers[i + 2] = _table[(ushort)(bits >> 32)];
            numbers[i + 3] = _table[(ushort)(bits >> 48)];
        }
    }

    private void FillBytes(Span<byte> numbers)
    {
        for (int i = 0; i < numbers.Length; i += DrawsPerHash)
        {
            ulong bits = SplitMix64.Hash(_drawn++);
            numbers[i] = (byte)_table[(ushort)bits];
            numbers[i + 1] = (byte)_table[(ushort)(bits >> 16)];
            numbers[i + 2] = (byte)_table[(ushort)(bits >> 32)];
            numbers[i + 3] = (byte)_table[(ushort)(bits >> 48)];
        }
    }
}
