using System.Reflection;

namespace CurKv.Samples.Tests;

/// <summary>What the build knows of the repository and its packages.</summary>
internal static class Repository
{
    public static string Root => Value(nameof(Root));

    /// <summary>The folder that holds the packages that were restored for this repository.</summary>
    public static string PackageFolder => Value(nameof(PackageFolder));

    public static string LLamaSharpVersion => Value(nameof(LLamaSharpVersion));

    public static string DependencyInjectionVersion => Value(nameof(DependencyInjectionVersion));

    private static string Value(string name) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == name).Value!;
}
