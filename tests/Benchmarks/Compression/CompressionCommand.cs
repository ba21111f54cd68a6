using System.CommandLine;
using System.Text.Json;
using CurKv.Connector.Chat;
using Spectre.Console;

namespace CurKv.Benchmarks.Compression;

/// <summary>The command line of <see cref="CompressionBenchmark"/>.</summary>
internal sealed class CompressionCommand
{
    private readonly Option<FileInfo> _model = new("--model") { DefaultValueFactory = _ => CompressionBenchmark.BundledModel, Description = "A GGUF file." };
    private readonly Option<string[]> _policies = new("--policy") { DefaultValueFactory = _ => ["curdkv", "curdkv-norms"], AllowMultipleArgumentsPerToken = true, Description = "The policies to measure." };
    private readonly Option<double[]> _ratios = new("--ratio") { DefaultValueFactory = _ => [0.5, 0.9], AllowMultipleArgumentsPerToken = true, Description = "The shares of the cells to evict." };
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = _ => 7, Description = "How often everything is measured; medians count." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of a table." };

    /// <summary>Gives a command the options and the action.</summary>
    public Command AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_policies);
        command.Options.Add(_ratios);
        command.Options.Add(_rounds);
        command.Options.Add(_json);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var options = new LlamaChatClientOptions { ModelPath = arguments.GetRequiredValue(_model).FullName };
        using LlamaChatClient client = await LlamaChatClient.LoadAsync(options, cancellationToken: cancellationToken);
        CompressionReport report = await new CompressionBenchmark(client).RunAsync(
            arguments.GetRequiredValue(_policies), arguments.GetRequiredValue(_ratios), arguments.GetRequiredValue(_rounds), cancellationToken);
        if (arguments.GetValue(_json))
        {
            Console.WriteLine(JsonSerializer.Serialize(report, BenchmarkJson.Default.CompressionReport));
        }
        else
        {
            AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
            AnsiConsole.Write(report.ToTable());
        }
    }
}
