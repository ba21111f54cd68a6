namespace CurKv.Samples.Tests.Packages;

/// <summary>The program in a package's README.</summary>
internal static class ReadmeProgram
{
    public static string Of(string path)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, path));
        string program = text.Split("```csharp program\n", 2)[1];
        return program.Split("```", 2)[0];
    }
}
