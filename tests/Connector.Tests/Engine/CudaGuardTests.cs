using System.Buffers.Binary;
using CurKv.Connector.Engine.Loading;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

public class CudaGuardTests
{
    // Kernels as a release for recent GPUs carries them: machine code for the latest, PTX for the others.
    private static readonly CudaImage[] Recent = [new(75, 9, 1), new(80, 9, 1), new(90, 9, 1), new(86), new(89), new(120), new(121)];

    private static byte[] First => Entry(kind: 1, architecture: 90, major: 9, minor: 1, bytes: 40);

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
        Assert.Contains("CUDA_VISIBLE_DEVICES", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Problem_GpuOlderThanAllKernels_SaysSo() =>
        Assert.Contains("no kernels", CudaGuard.Problem("library", Recent, 13010, [61]), StringComparison.Ordinal);

    [Fact]
    public void Problem_NothingKnownOfTheLibrary_IsNone() => Assert.Null(CudaGuard.Problem("library", [], 12000, [90]));

    [Fact]
    public void Read_Library_FindsTheFirstSetOfKernels()
    {
        byte[] second = Entry(kind: 2, architecture: 86, major: 0, minor: 0, bytes: 8);

        // Across the border of what is searched at once.
        byte[] library = [.. new byte[(1 << 20) - 3], .. Header(First.Length + second.Length), .. First, .. second, .. new byte[100]];

        Assert.Equal([new CudaImage(90, 9, 1), new CudaImage(86)], Read(library));
    }

    [Fact]
    public void Read_FileWithoutKernels_FindsNone() => Assert.Empty(Read(new byte[3000]));

    [Fact]
    public void Read_EntryOfZeros_KnowsNothing() => Assert.Empty(Read([.. Header(First.Length + 64), .. First, .. new byte[64]]));

    // The longest ones are more than a position in a file can be.
    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue - 64)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Read_EntryThatEndsElsewhere_KnowsNothing(long further)
    {
        byte[] entry = Entry(kind: 2, architecture: 86, major: 0, minor: 0, bytes: 0);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(8), further);

        Assert.Empty(Read([.. Header(First.Length + entry.Length), .. First, .. entry, .. new byte[100]]));
    }

    [Theory]
    [InlineData(105)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Read_SetThatEndsElsewhere_KnowsNothing(long bytes) => Assert.Empty(Read([.. Header(bytes), .. First]));

    [Theory]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(70)]
    public void Read_FileCutOff_KnowsNothing(int bytes) => Assert.Empty(Read([.. ((byte[])[.. Header(First.Length), .. First]).AsSpan(0, bytes)]));

    [Fact]
    public void Read_FileThatCannotBeRead_KnowsNothing()
    {
        Assert.Empty(CudaFatBinary.Read(TestModels.Scratch("libggml-cuda.so")));
        Assert.Empty(CudaFatBinary.Read(Path.GetTempPath()));
    }

    private static List<CudaImage> Read(byte[] library)
    {
        string path = TestModels.Scratch("libggml-cuda.so");
        File.WriteAllBytes(path, library);
        List<CudaImage> images = CudaFatBinary.Read(path);
        File.Delete(path);
        return images;
    }

    private static byte[] Header(long bytes)
    {
        var header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xBA55ED50);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), 16);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), bytes);
        return header;
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
