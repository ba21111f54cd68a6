using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CurKv.Benchmarks.Kernels;

namespace CurKv.Benchmarks;

/// <summary>Runs the kernels under BenchmarkDotNet, in short jobs within this process.</summary>
internal static class BenchmarkDotNetCommand
{
    public static Command Create(string name, string description)
    {
        var command = new Command(name, description);
        command.SetAction(_ =>
        {
            IConfig config = ManualConfig.CreateEmpty()
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .AddLogger(ConsoleLogger.Default)
                .AddExporter(MarkdownExporter.GitHub)
                .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet"));
            BenchmarkRunner.Run([typeof(SquaredNormBenchmarks), typeof(ScoringBenchmarks)], config);
        });
        return command;
    }
}
