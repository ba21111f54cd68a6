using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CurKv.Benchmarks.Peer;

/// <summary>One client tried at one thing, in a process of its own: some of them end it.</summary>
internal sealed class PeerRun
{
    private const string Name = "peer-run";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private readonly Option<string> _model = new("--model") { Required = true };
    private readonly Option<int> _threads = new("--threads") { Required = true };
    private readonly Option<int?> _setting = new("--setting");
    private readonly Option<string?> _probe = new("--probe");
    private readonly Option<string?> _client = new("--client");
    private readonly Option<bool> _quick = new("--quick");

    /// <summary>The command that the process runs: prints what came of it as its last line.</summary>
    public Command ToCommand()
    {
        var command = new Command(Name) { _model, _threads, _setting, _probe, _client, _quick };
        command.Hidden = true;
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>Asks about the book in a process of its own.</summary>
    /// <exception cref="InvalidOperationException">The process ended with an error; the message says which.</exception>
    public static async Task<PeerAnswers> AskAsync(int setting, string modelPath, int threads, bool quick, CancellationToken cancellationToken)
    {
        (int exitCode, string line, string error) = await StartAsync(["--setting", $"{setting}", "--model", modelPath, "--threads", $"{threads}", .. quick ? ["--quick"] : Array.Empty<string>()], cancellationToken);
        return exitCode == 0
            ? JsonSerializer.Deserialize(line, BenchmarkJson.Default.PeerAnswers)!
            : throw new InvalidOperationException($"{PeerBook.Settings[setting].Title}: the process ended with {exitCode}. {error}");
    }

    /// <summary>Tries one client at one thing in a process of its own. Never throws for what that process does.</summary>
    public static async Task<string> TryAsync(PeerProbe probe, string client, string modelPath, int threads, CancellationToken cancellationToken)
    {
        (int exitCode, string line, _) = await StartAsync(["--probe", probe.Name, "--client", client, "--model", modelPath, "--threads", $"{threads}"], cancellationToken);
        return exitCode == 0 ? line : $"the process ends (exit {exitCode})";
    }

    private static async Task<(int ExitCode, string LastLine, string Error)> StartAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        // Under "dotnet program.dll" the process is dotnet, and the program its first argument.
        string program = Environment.ProcessPath!;
        string[] own = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(PeerRun).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. own, Name, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };

        // A process that ends by a signal is what is looked for: no need for a dump of its memory.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using Process process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            string error = await process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, (await output).TrimEnd().Split('\n')[^1], error.Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            return (0, string.Create(CultureInfo.InvariantCulture, $"no end in {Patience.TotalMinutes:N0} minutes"), string.Empty);
        }
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string model = arguments.GetRequiredValue(_model);
        int threads = arguments.GetRequiredValue(_threads);
        if (arguments.GetValue(_setting) is { } index)
        {
            PeerSetting setting = PeerBook.Settings[index];
            using PeerClient asked = PeerClient.Create(setting.Client, model, threads);
            PeerAnswers answers = await PeerBook.Load(arguments.GetValue(_quick)).AskAsync(setting, asked, cancellationToken);
            Console.WriteLine(JsonSerializer.Serialize(answers, BenchmarkJson.Default.PeerAnswers));
            return 0;
        }

        PeerProbe probe = PeerProbes.All.Single(probe => probe.Name == arguments.GetValue(_probe));
        using PeerClient client = PeerClient.Create(arguments.GetValue(_client)!, model, threads);
        Console.WriteLine(await OutcomeAsync(probe, client, cancellationToken));
        return 0;
    }

    private static async Task<string> OutcomeAsync(PeerProbe probe, PeerClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await probe.RunAsync(client, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return e.GetType().Name;
        }
    }
}
