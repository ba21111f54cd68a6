using CurKv.Connector.KvCache.State;

namespace CurKv.Benchmarks.Interception;

/// <summary>
/// A state blob of random keys and values at positions 0, 1, …: llama.cpp takes it for a prompt that was read, without the minutes
/// that reading takes.
/// </summary>
internal sealed unsafe class FullCacheBlob : IDisposable
{
    private readonly NativeBuffer _memory = new();

    /// <summary>Writes the blob.</summary>
    /// <param name="format">A context's format: one stream, values token by token.</param>
    /// <param name="cells">The number of cells.</param>
    public FullCacheBlob(KvStateFormat format, int cells)
    {
        Size = format.Size(cells);
        _memory.Reserve(Size);
        using var writer = new BinaryWriter(new UnmanagedMemoryStream(Data, (long)Size, (long)Size, FileAccess.Write));
        WriteCells(writer, format, cells);

        // Keys and values of unit variance: what a model with normalised inputs caches.
        var numbers = new NormalNumbers(format.Layers[0].KeyType, 1);
        foreach (KvLayerFormat layer in format.Layers)
        {
            WriteRows(writer, numbers, (uint)layer.KeyType, layer.KeyRowBytes, cells);
        }

        foreach (KvLayerFormat layer in format.Layers)
        {
            WriteRows(writer, numbers, (uint)layer.ValueType, layer.ValueRowBytes, cells);
        }
    }

    public byte* Data => _memory.Data;

    public nuint Size { get; }

    public void Dispose() => _memory.Dispose();

    private static void WriteCells(BinaryWriter writer, KvStateFormat format, int cells)
    {
        const uint Sequence = 0, SequencesOfCell = 1;
        writer.Write(KvStateFormat.Magic);
        writer.Write(Sequence);
        writer.Write((uint)format.Streams);
        writer.Write((uint)cells);
        for (int position = 0; position < cells; position++)
        {
            writer.Write(position);
            writer.Write(SequencesOfCell);
            writer.Write(Sequence);
        }

        writer.Write(format.ValuesTransposed ? 1u : 0u);
        writer.Write((uint)format.Layers.Count);
    }

    private static void WriteRows(BinaryWriter writer, NormalNumbers numbers, uint type, long rowBytes, int cells)
    {
        writer.Write(type);
        writer.Write((ulong)rowBytes);
        byte[] row = new byte[rowBytes];
        for (int i = 0; i < cells; i++)
        {
            numbers.Fill(row);
            writer.Write(row);
        }
    }
}
