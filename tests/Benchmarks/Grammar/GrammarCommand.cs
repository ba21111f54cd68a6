using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CurKv.Benchmarks.Compression;
using Spectre.Console;

namespace CurKv.Benchmarks.Grammar;

/// <summary>The command line of <see cref="GrammarBenchmark"/>.</summary>
internal sealed class GrammarCommand
{
    private static readonly float[] Temperatures = [0, 0.8f];
    private readonly Option<FileInfo> _model = new("--model") { DefaultValueFactory = _ => CompressionBenchmark.BundledModel, Description = "A GGUF file." };
    private readonly Option<int> _tokens = new("--tokens") { DefaultValueFactory = _ => 400, Description = "Tokens in each answer." };
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = _ => 7, Description = "How often everything is measured; medians count." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object for each row instead of a table." };

    /// <summary>Gives a command the options and the action.</summary>
    public Command AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_tokens);
        command.Options.Add(_rounds);
        command.Options.Add(_json);
        command.SetAction(Run);
        return command;
    }

    private void Run(ParseResult arguments)
    {
        using var benchmark = new GrammarBenchmark(arguments.GetRequiredValue(_model).FullName, arguments.GetRequiredValue(_tokens));
        GrammarRow[] rows = [.. Temperatures.Select(temperature => benchmark.Run(temperature, arguments.GetRequiredValue(_rounds)))];
        if (arguments.GetValue(_json))
        {
            foreach (GrammarRow row in rows)
            {
                Console.WriteLine(JsonSerializer.Serialize(row, BenchmarkJson.Default.GrammarRow));
            }
        }
        else
        {
            AnsiConsole.Write(ToTable(rows));
        }
    }

    private static Table ToTable(GrammarRow[] rows)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title("A JSON schema's grammar; microseconds for each token");
        foreach (string column in new[] { "temperature", "tokens", "drawn again", "decode", "draw", "draw, bound", "of decoding" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (GrammarRow row in rows)
        {
            table.AddRow(
                Text($"{row.Temperature:N1}"), Text($"{row.Tokens}"), Text($"{row.OtherTokens:P0}"), Text($"{row.DecodeUs:N0}"), Text($"{row.SampleUs:N1}"),
                Text($"{row.BoundSampleUs:N1}"), Text($"{row.Share:P1}"));
        }

        return table;
    }

    private static string Text(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);
}
