namespace CurKv.Samples.Tests.Packages;

/// <summary>Both libraries as packages in a temporary folder. Their version is new each time, so that no cache has it.</summary>
public sealed class PackedLibraries : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("curkv-packages-");

    /// <summary>The packages' version.</summary>
    public string Version { get; } = $"0.1.0-test.n{Guid.NewGuid():N}";

    /// <summary>The folder that holds the packages.</summary>
    public string Folder => Path.Combine(_folder.FullName, "packages");

    /// <summary>A package's file.</summary>
    public string PathOf(string id, string extension) => Path.Combine(Folder, $"{id}.{Version}.{extension}");

    public async ValueTask InitializeAsync()
    {
        // What the repository has built stays as it is: other tests run from it.
        string[] settings = ["-o", Folder, "-c", "Release", $"-p:Version={Version}", $"-p:ArtifactsPath={Path.Combine(_folder.FullName, "artifacts")}", "-p:RunAnalyzers=false"];
        await DotNet.SucceedAsync(Repository.Root, ["pack", "src/Connector", .. settings]);
        await DotNet.SucceedAsync(Repository.Root, ["pack", "src/KvPolicy", "--no-build", .. settings]);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
