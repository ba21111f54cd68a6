using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace CurKv.Benchmarks.Kernels;

/// <summary>The command line of <see cref="KernelBenchmark"/> and <see cref="PolicyBenchmark"/>.</summary>
internal sealed class KernelCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of tables." };
    private readonly Option<bool> _quick = new("--quick") { Description = "Fewer repetitions, half the memory, and no cache of 131072 tokens." };

    /// <summary>Gives a command the options and the action.</summary>
    public Command AddTo(Command command)
    {
        command.Options.Add(_json);
        command.Options.Add(_quick);
        command.SetAction(Run);
        return command;
    }

    private void Run(ParseResult arguments)
    {
        bool quick = arguments.GetValue(_quick);
        using var memory = new RandomMemory(quick ? 1u << 29 : 1u << 30);
        KernelReport report = new KernelBenchmark(memory, rounds: quick ? 3 : 5).Run() with
        {
            Policies = new PolicyBenchmark(memory, rounds: quick ? 3 : 5).Run(quick ? [8_192, 32_768] : [8_192, 32_768, 131_072]),
        };
        if (arguments.GetValue(_json))
        {
            Console.WriteLine(JsonSerializer.Serialize(report, BenchmarkJson.Default.KernelReport));
            return;
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(report.ToKernelTable());
        AnsiConsole.Write(report.ToPolicyTable());
    }
}
