using System.Buffers.Binary;

namespace CurKv.Connector.Engine.Loading;

/// <summary>Reads in which forms a CUDA library carries its kernels.</summary>
internal static class CudaFatBinary
{
    private const int HeaderBytes = 16;
    private const int EntryBytes = 64;
    private const ushort Ptx = 1;
    private const ushort MachineCode = 2;

    private static ReadOnlySpan<byte> Magic => [0x50, 0xED, 0x55, 0xBA, 0x01, 0x00, 0x10, 0x00];

    /// <summary>Reads the first set of kernels: a library is built for the same GPUs throughout.</summary>
    /// <param name="path">The library, of any system.</param>
    /// <returns>The forms; empty where they are not known: none was found, they cannot be read, or they do not end where they say.</returns>
    public static List<CudaImage> Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            long at = Find(file);
            return at < 0 ? [] : ReadSet(file, at);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // A part of the forms would be worse than none: the one that runs may be among the others.
    private static List<CudaImage> ReadSet(FileStream file, long at)
    {
        Span<byte> header = stackalloc byte[EntryBytes];
        file.Position = at;
        file.ReadExactly(header[..HeaderBytes]);
        long left = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        if (left > file.Length - file.Position)
        {
            return [];
        }

        List<CudaImage> images = [];
        while (left >= EntryBytes)
        {
            file.ReadExactly(header);
            long length = Length(header);
            if (length < EntryBytes || length > left)
            {
                return [];
            }

            Add(images, header);
            file.Position += length - EntryBytes;
            left -= length;
        }

        return images;
    }

    // An entry: kind (u16), version (u16), bytes of its own header (u32) and of what follows (u64), …, at 24 the PTX version
    // (minor, major: u16 each), at 28 the architecture (u32).
    private static void Add(List<CudaImage> images, ReadOnlySpan<byte> entry)
    {
        ushort kind = BinaryPrimitives.ReadUInt16LittleEndian(entry);
        int architecture = BinaryPrimitives.ReadInt32LittleEndian(entry[28..]);
        if (kind == Ptx)
        {
            images.Add(new CudaImage(architecture, BinaryPrimitives.ReadUInt16LittleEndian(entry[26..]), BinaryPrimitives.ReadUInt16LittleEndian(entry[24..])));
        }
        else if (kind == MachineCode)
        {
            images.Add(new CudaImage(architecture));
        }
    }

    private static long Length(ReadOnlySpan<byte> entry) =>
        BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) + BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);

    private static long Find(FileStream file)
    {
        byte[] buffer = new byte[1 << 20];
        int held = 0;
        for (long start = 0; ; start += held - Math.Min(held, Magic.Length - 1))
        {
            file.Position = start;
            held = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            int at = buffer.AsSpan(0, held).IndexOf(Magic);
            if (at >= 0 || held < buffer.Length)
            {
                return at < 0 ? -1 : start + at;
            }
        }
    }
}
