using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;

namespace CurKv.Connector.KvCache.State;

/// <summary>
/// Writes a compacted blob, which holds only the selected tokens. For every layer and head separately, cell j holds the j-th token of
/// that head's selection: attention does not depend on the order of cells, so llama.cpp accepts it.
/// </summary>
internal static unsafe class KvStateWriter
{
    /// <summary>Writes the blob of a sequence.</summary>
    /// <param name="destination">Room for <see cref="KvStateFormat.Size"/> bytes.</param>
    /// <param name="format">The context's format.</param>
    /// <param name="sequence">The sequence, which is also its stream.</param>
    /// <param name="source">The keys and values to select from.</param>
    /// <param name="selection">The tokens that each head keeps; the last one is the newest token, in every head.</param>
    /// <param name="maskPositions">The cells' positions, ascending. Decoding continues after the last one, the newest token's.</param>
    public static void Write(byte* destination, KvStateFormat format, int sequence, KvLayerTensors[] source, KvSelection selection, ReadOnlySpan<int> maskPositions)
    {
        byte* next = WriteCells(destination, format, sequence, maskPositions);
        int cells = selection.Cells;
        int layers = format.Layers.Count;

        // Sizes are known in advance, so that layers can be gathered in parallel, each into its own part.
        var blocks = new nint[2 * layers];
        for (int i = 0; i < layers; i++)
        {
            blocks[i] = (nint)next;
            next += KvStateFormat.BlockHeadBytes + (cells * format.Layers[i].KeyRowBytes);
        }

        for (int i = 0; i < layers; i++)
        {
            blocks[layers + i] = (nint)next;
            next += KvStateFormat.BlockHeadBytes + (cells * format.Layers[i].ValueRowBytes);
        }

        // The streams after this one are empty.
        new Span<uint>(next, format.Streams - 1 - Stream(format, sequence)).Clear();
        Parallel.For(0, 2 * layers, block =>
        {
            byte* at = (byte*)blocks[block];
            int layer = block % layers;
            if (block < layers)
            {
                WriteRows(at, source[layer].Keys, format.Layers[layer].KeyRowBytes, selection, layer);
            }
            else if (format.ValuesTransposed)
            {
                WriteChannels(at, source[layer].Values, format.Layers[layer].ValueChannels, selection, layer);
            }
            else
            {
                WriteRows(at, source[layer].Values, format.Layers[layer].ValueRowBytes, selection, layer);
            }
        });
    }

    private static int Stream(KvStateFormat format, int sequence) => format.Streams == 1 ? 0 : sequence;

    private static byte* WriteCells(byte* destination, KvStateFormat format, int sequence, ReadOnlySpan<int> maskPositions)
    {
        uint* head = (uint*)destination;
        head[0] = KvStateFormat.Magic;
        head[1] = (uint)sequence;
        head[2] = (uint)format.Streams;
        byte* next = destination + (3 * sizeof(uint));
        int stream = Stream(format, sequence);
        new Span<uint>(next, stream).Clear();
        next += stream * sizeof(uint);
        *(uint*)next = (uint)maskPositions.Length;
        next += sizeof(uint);

        foreach (int position in maskPositions)
        {
            int* cell = (int*)next;
            cell[0] = position;
            cell[1] = 1;
            cell[2] = sequence;
            next += KvStateFormat.CellBytes;
        }

        ((uint*)next)[0] = format.ValuesTransposed ? 1u : 0u;
        ((uint*)next)[1] = (uint)format.Layers.Count;
        return next + (2 * sizeof(uint));
    }

    private static void WriteRows(byte* at, KvTensor source, long rowBytes, KvSelection selection, int layer)
    {
        *(uint*)at = (uint)source.Type;
        *(ulong*)(at + sizeof(uint)) = (ulong)rowBytes;
        at += sizeof(uint) + sizeof(ulong);
        RowGather.Rows(source, at, (nint)rowBytes, selection, layer);
    }

    private static void WriteChannels(byte* at, KvTensor source, int channels, KvSelection selection, int layer)
    {
        int elementBytes = KvTensor.SliceBytesOf(source.Type, 1);
        uint* head = (uint*)at;
        head[0] = (uint)source.Type;
        head[1] = (uint)elementBytes;
        head[2] = (uint)channels;
        byte* to = at + (3 * sizeof(uint));
        for (int channel = 0; channel < channels; channel++)
        {
            ReadOnlySpan<int> tokens = selection[layer, channel / source.HeadDimension];
            RowGather.Channel(source.Data + (channel * source.RowBytes), to, tokens, elementBytes);
            to += (nint)tokens.Length * elementBytes;
        }
    }
}
