using System.IO.Compression;
using System.Xml.Linq;

namespace CurKv.Samples.Tests.Packages;

public sealed class PackageTests(PackedLibraries packed) : IClassFixture<PackedLibraries>
{
    [Theory]
    [InlineData("CurKv.KvPolicy")]
    [InlineData("CurKv.Connector")]
    public async Task Pack_Library_HasReadmeIconLicenseDocumentationAndSymbols(string id)
    {
        await using ZipArchive package = await ZipFile.OpenReadAsync(packed.PathOf(id, "nupkg"), TestContext.Current.CancellationToken);
        XElement metadata = (await LoadAsync(package.GetEntry($"{id}.nuspec")!)).Root!.Elements().Single();

        Assert.Equal(["README.md", "icon.png", "MIT"], Values("readme", "icon", "license"));
        Assert.All(Values("description", "tags", "releaseNotes"), Assert.NotEmpty);
        Assert.All(["README.md", "icon.png", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"], name => Assert.NotNull(package.GetEntry(name)));
        Assert.DoesNotContain(package.Entries, entry => entry.FullName.StartsWith("runtimes/", StringComparison.Ordinal));
        await using ZipArchive symbols = await ZipFile.OpenReadAsync(packed.PathOf(id, "snupkg"), TestContext.Current.CancellationToken);
        Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));

        string[] Values(params string[] names) => [.. names.Select(name => metadata.Elements().Single(element => element.Name.LocalName == name).Value)];
    }

    [Fact]
    public async Task Install_EmptyProject_ProgramOfTheReadmeAnswers()
    {
        string model = Path.Combine(AppContext.BaseDirectory, "models", "pebble-17m-q8_0.gguf");
        using var project = new ConsumerProject(packed, ReadmeProgram.Of("src/Connector/README.md"));
        await project.BuildAsync();

        (int exitCode, string output, string error) = await project.RunAsync(
            model, "The access code for the north gate is 4821. Anna lives in Oslo.\n\nWhat is the access code for the north gate?");

        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Contains("4821", output, StringComparison.Ordinal);
    }

    private static async Task<XDocument> LoadAsync(ZipArchiveEntry entry)
    {
        await using Stream stream = await entry.OpenAsync(TestContext.Current.CancellationToken);
        return await XDocument.LoadAsync(stream, LoadOptions.None, TestContext.Current.CancellationToken);
    }
}
