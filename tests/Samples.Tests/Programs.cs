namespace CurKv.Samples.Tests;

/// <summary>Runs the repository's programs as a user does, each in a process of its own.</summary>
internal static class Programs
{
    public static Task<(int ExitCode, string Output, string Error)> RunChatAsync(params string[] arguments) => RunAsync("CurKv.Samples.Chat.dll", arguments);

    public static Task<(int ExitCode, string Output, string Error)> RunEvaluationAsync(params string[] arguments) => RunAsync("CurKv.Evaluation.dll", arguments);

    public static Task<(int ExitCode, string Output, string Error)> RunBenchmarksAsync(params string[] arguments) => RunAsync("CurKv.Benchmarks.dll", arguments);

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(string program, string[] arguments) =>
        DotNet.RunAsync(Environment.CurrentDirectory, [Path.Combine(AppContext.BaseDirectory, program), .. arguments]);
}
