using System.Diagnostics;

namespace CurKv.Samples.Tests;

/// <summary>Runs the dotnet command in a process of its own.</summary>
internal static class DotNet
{
    /// <summary>Runs the command and hands back what it wrote.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Under dotnet test these name the SDK that runs the tests; a folder elsewhere may choose another one.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Runs a command that builds something, which must succeed and leaves no build server behind.</summary>
    public static async Task SucceedAsync(string folder, IEnumerable<string> arguments)
    {
        (int exitCode, string output, string error) = await RunAsync(
            folder, [.. arguments, "--nologo", "-v", "quiet", "-m:1", "-nodeReuse:false", "-p:UseSharedCompilation=false"]);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {exitCode}:\n{output}{error}");
    }
}
