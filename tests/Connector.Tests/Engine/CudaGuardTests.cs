using System.Buffers.Binary;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

public class CudaGuardTests
{
    // Kernels as a release for recent GPUs carries them: machine code for the latest, PTX for the others.
    private static readonly CudaImage[] Recent = [new(75, 9, 1), new(80, 9, 1), new(90, 9, 1), new(86), new(89), new(120), new(121)];

    [Theory]
    [InlineData(7, 8, 11080)]
    [InlineData(8, 0, 12000)]
    [InlineData(8, 5, 12050)]
    [InlineData(8, 7, 12080)]
    [InlineData(8, 8, 12090)]
    [InlineData(9, 0, 13000)]
    [InlineData(9, 1, 13010)]
    public void MinimumCuda_PtxVersion_IsTheReleaseItCameWith(int major, int minor, int expected) =>
        Assert.Equal(expected, new CudaImage(90, major, minor).MinimumCuda);

    [Theory]
    [InlineData(86, 13000)]
    [InlineData(87, 13000)]
    [InlineData(89, 12040)]
    [InlineData(120, 13000)]
    [InlineData(75, 13010)]
    [InlineData(80, 13010)]
    [InlineData(90, 13020)]
    [InlineData(100, 13010)]
    public void Problem_KernelsThatRun_IsNone(int capability, int driver) =>
        Assert.Null(CudaGuard.Problem("library", Recent, driver, [capability]));

    [Theory]
    [InlineData(75)]
    [InlineData(80)]
    [InlineData(90)]
    public void Problem_PtxNewerThanTheDriver_NamesBothVersionsAndTheWaysOut(int capability)
    {
        string problem = Assert.IsType<string>(CudaGuard.Problem("/lib/libggml-cuda.so", Recent, 13000, [86, capability]));

        Assert.Contains("/lib/libggml-cuda.so", problem, StringComparison.Ordinal);
        Assert.Contains("13.1", problem, StringComparison.Ordinal);
        Assert.Contains("13.0", problem, StringComparison.Ordinal);
        Assert.Contains($"{capability / 10}.{capability % 10}", problem, StringComparison.Ordinal);
        Assert.Contains(nameof(LlamaChatClientOptions.GpuLayerCount), problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Problem_GpuOlderThanAllKernels_SaysSo() =>
        Assert.Contains("no kernels", CudaGuard.Problem("library", Recent, 13010, [61]), StringComparison.Ordinal);

    [Fact]
    public void Problem_NothingKnownOfTheLibrary_IsNone() => Assert.Null(CudaGuard.Problem("library", [], 12000, [90]));

    [Fact]
    public void Read_Library_FindsTheFirstSetOfKernels()
    {
        string path = TestModels.Scratch("libggml-cuda.so");
        using (FileStream file = File.Create(path))
        {
            // Across the border of what is searched at once.
            file.Write(new byte[(1 << 20) - 3]);
            byte[][] entries = [Entry(kind: 1, architecture: 90, major: 9, minor: 1, bytes: 40), Entry(kind: 2, architecture: 86, major: 0, minor: 0, bytes: 8)];
            Span<byte> header = stackalloc byte[16];
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0xBA55ED50);
            BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 1);
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 16);
            BinaryPrimitives.WriteInt64LittleEndian(header[8..], entries.Sum(entry => entry.Length));
            file.Write(header);
            Array.ForEach(entries, entry => file.Write(entry));
            file.Write(new byte[100]);
        }

        Assert.Equal([new CudaImage(90, 9, 1), new CudaImage(86)], CudaFatBinary.Read(path));
        File.Delete(path);
    }

    [Fact]
    public void Read_FileWithoutKernels_FindsNone()
    {
        string path = TestModels.Scratch("libggml-cuda.so");
        File.WriteAllBytes(path, new byte[3000]);

        Assert.Empty(CudaFatBinary.Read(path));
        File.Delete(path);
    }

    private static byte[] Entry(ushort kind, int architecture, ushort major, ushort minor, int bytes)
    {
        const int Header = 64;
        var entry = new byte[Header + bytes];
        BinaryPrimitives.WriteUInt16LittleEndian(entry, kind);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), Header);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(8), bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(24), minor);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(26), major);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(28), architecture);
        return entry;
    }
}
