namespace CurKv.Samples.Tests.Packages;

/// <summary>An empty console project outside the repository that installs the packages, as a user's does.</summary>
internal sealed class ConsumerProject : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("curkv-consumer-");

    /// <summary>Writes the project.</summary>
    /// <param name="packed">The packages to install.</param>
    /// <param name="program">The text of Program.cs.</param>
    public ConsumerProject(PackedLibraries packed, string program)
    {
        // What is above the temporary folder is none of the project's business. The machine's own package sources stay.
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Build.targets", "<Project />");
        Write("Directory.Packages.props", "<Project />");
        Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{packed.Folder}" />
              </packageSources>
            </configuration>
            """);
        Write("Program.cs", program);

        // Our packages are unpacked beside the project; all others are taken from where the repository's lie already.
        Write("Consumer.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <UseCurrentRuntimeIdentifier>true</UseCurrentRuntimeIdentifier>
                <RestorePackagesPath>unpacked</RestorePackagesPath>
                <RestoreFallbackFolders>{Repository.PackageFolder}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="CurKv.Connector" Version="{packed.Version}" />
                <PackageReference Include="LLamaSharp.Backend.Cpu" Version="{Repository.LLamaSharpVersion}" />
                <PackageReference Include="Microsoft.Extensions.DependencyInjection" Version="{Repository.DependencyInjectionVersion}" />
              </ItemGroup>
            </Project>
            """);
    }

    public Task BuildAsync() => DotNet.SucceedAsync(_folder.FullName, ["build", "-c", "Release", "-o", "output"]);

    public Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        DotNet.RunAsync(_folder.FullName, [Path.Combine("output", "Consumer.dll"), .. arguments]);

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);
}
