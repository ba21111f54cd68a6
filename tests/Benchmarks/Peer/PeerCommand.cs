using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CurKv.Benchmarks.Compression;
using CurKv.Connector.Engine;
using Spectre.Console;

namespace CurKv.Benchmarks.Peer;

/// <summary>The command line of the comparison with LLamaSharp's own chat client.</summary>
internal sealed class PeerCommand
{
    private readonly Option<FileInfo> _model = new("--model") { DefaultValueFactory = _ => CompressionBenchmark.BundledModel, Description = "A GGUF file." };
    private readonly Option<int> _threads = new("--threads") { DefaultValueFactory = _ => LlamaContextSettings.DefaultThreads, Description = "The threads of both clients." };
    private readonly Option<bool> _quick = new("--quick") { Description = "Two questions about the book's beginning." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of tables." };

    /// <summary>Gives a command the options and the action.</summary>
    public Command AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_threads);
        command.Options.Add(_quick);
        command.Options.Add(_json);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        PeerReport report;
        try
        {
            report = await CompareAsync(arguments, cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }

        if (arguments.GetValue(_json))
        {
            Console.WriteLine(JsonSerializer.Serialize(report, BenchmarkJson.Default.PeerReport));
            return 0;
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{report.Model}, {report.Processors} processors, {report.Threads} threads");
        AnsiConsole.Write(report.ToAnswersTable());
        AnsiConsole.Write(report.ToOutcomesTable());
        return 0;
    }

    private async Task<PeerReport> CompareAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        FileInfo model = arguments.GetRequiredValue(_model);
        int threads = arguments.GetRequiredValue(_threads);
        List<PeerAnswers> answers = [];
        for (int setting = 0; setting < PeerBook.Settings.Count; setting++)
        {
            answers.Add(await PeerRun.AskAsync(setting, model.FullName, threads, arguments.GetValue(_quick), cancellationToken));
        }

        List<PeerOutcome> outcomes = [];
        foreach (PeerProbe probe in PeerProbes.All)
        {
            string peer = await PeerRun.TryAsync(probe, PeerClient.LLamaSharp, model.FullName, threads, cancellationToken);
            outcomes.Add(new PeerOutcome(probe.Name, probe.Title, peer, await PeerRun.TryAsync(probe, PeerClient.CurKv, model.FullName, threads, cancellationToken)));
        }

        return new PeerReport(model.Name, Environment.ProcessorCount, threads, answers, outcomes);
    }
}
