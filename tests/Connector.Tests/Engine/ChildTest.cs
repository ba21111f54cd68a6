using System.Diagnostics;

namespace CurKv.Connector.Tests.Engine;

/// <summary>Runs one explicit test in a process of its own: what is loaded into a process stays there.</summary>
internal static class ChildTest
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs a test that has to pass.</summary>
    /// <param name="test">The method, of the class that calls.</param>
    /// <param name="environment">What it finds in its environment.</param>
    public static async Task AssertPassesAsync<T>(string test, IReadOnlyDictionary<string, string> environment)
    {
        string host = Path.Combine(AppContext.BaseDirectory, typeof(ChildTest).Assembly.GetName().Name + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(host, ["-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(T).FullName}.{test}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync(Cancellation);
        string output = await child.StandardOutput.ReadToEndAsync(Cancellation);
        await child.WaitForExitAsync(Cancellation).WaitAsync(Patience.Limit, Cancellation);
        output += await errors;
        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("Total: 1,", output, StringComparison.Ordinal);
    }

    /// <summary>What the parent has put into the environment.</summary>
    public static string Given(string variable) =>
        Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException($"Run by another test only: {variable} is not set.");
}
