using System.Diagnostics;

namespace CurKv.Samples.Tests;

/// <summary>Runs the repository's programs as a user does, each in a process of its own.</summary>
internal static class Programs
{
    public static Task<(int ExitCode, string Output, string Error)> RunChatAsync(params string[] arguments) => RunAsync("CurKv.Samples.Chat.dll", arguments);

    public static Task<(int ExitCode, string Output, string Error)> RunEvaluationAsync(params string[] arguments) => RunAsync("CurKv.Evaluation.dll", arguments);

    public static Task<(int ExitCode, string Output, string Error)> RunBenchmarksAsync(params string[] arguments) => RunAsync("CurKv.Benchmarks.dll", arguments);

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
