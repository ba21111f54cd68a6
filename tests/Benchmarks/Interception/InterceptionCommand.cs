using System.CommandLine;
using System.Text.Json;
using CurKv.Connector;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Cache;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace CurKv.Benchmarks.Interception;

/// <summary>The command line of <see cref="InterceptionBenchmark"/>.</summary>
internal sealed class InterceptionCommand
{
    private const int Tokens = 32_768;
    private const int QuickTokens = 4_096;
    private const int Rounds = 5;
    private const int QuickRounds = 3;
    private const int MinTokens = 2 * FilledContext.ChunkTokens;

    // llama.cpp makes contexts of such multiples.
    private const int TokenStep = 256;

    private static readonly KvRewritePath[] Paths = [KvRewritePath.InPlace, KvRewritePath.Compact, KvRewritePath.State];

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object instead of a table." };
    private readonly Option<bool> _quick = new("--quick") { Description = $"{QuickTokens} tokens, and fewer rounds." };
    private readonly Option<int?> _tokens = new("--tokens") { Description = $"Cached tokens, a multiple of {TokenStep} from {MinTokens} on, instead of {Tokens}." };
    private readonly Option<string> _policy = new("--policy") { DefaultValueFactory = _ => "curdkv-norms", Description = "The policy that is measured on every path." };
    private readonly Option<KvElementType> _cache = new("--cache") { DefaultValueFactory = _ => KvElementType.F16, Description = "How keys and values are stored." };
    private readonly Option<int> _threads = new("--threads") { DefaultValueFactory = _ => LlamaContextSettings.DefaultThreads, Description = "llama.cpp's threads, instead of the product's default." };

    /// <summary>Gives a command the options and the action.</summary>
    public Command AddTo(Command command)
    {
        _cache.AcceptOnlyFromAmong("f16", "q8_0");
        _tokens.Validators.Add(result =>
        {
            int? tokens = result.GetValue(_tokens);
            if (tokens < MinTokens || tokens % TokenStep != 0)
            {
                result.AddError($"--tokens must be a multiple of {TokenStep}, and at least {MinTokens}.");
            }
        });
        _threads.Validators.Add(result =>
        {
            if (result.GetValue(_threads) < 1)
            {
                result.AddError("--threads must be at least 1.");
            }
        });
        command.Options.Add(_json);
        command.Options.Add(_quick);
        command.Options.Add(_tokens);
        command.Options.Add(_policy);
        command.Options.Add(_cache);
        command.Options.Add(_threads);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        try
        {
            // On another thread: this one has to come back before the command line listens to interruptions.
            InterceptionReport report = await Task.Run(() => MeasureAsync(arguments, cancellationToken), cancellationToken);
            if (arguments.GetValue(_json))
            {
                Console.WriteLine(JsonSerializer.Serialize(report, BenchmarkJson.Default.InterceptionReport));
            }
            else
            {
                AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
                AnsiConsole.Write(report.ToTable());
            }

            return 0;
        }
        catch (Exception e) when (e is LlamaException or ArgumentException or InvalidOperationException or IOException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private async Task<InterceptionReport> MeasureAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        bool quick = arguments.GetValue(_quick);
        var shape = new InterceptionShape(
            arguments.GetValue(_tokens) ?? (quick ? QuickTokens : Tokens), arguments.GetValue(_cache), arguments.GetValue(_threads));
        List<InterceptionSetting> settings = [.. Settings(arguments.GetRequiredValue(_policy))];
        settings.ForEach(setting => setting.Plan());

        string model = Path.Combine(TemporaryFolder(), "random.gguf");
        InterceptionModel.Write(model);
        List<(InterceptionSetting Setting, long? ExtraBytes)> available = await ProbeAsync(model, shape, settings, cancellationToken);
        using LlamaSharpEngine engine = LlamaSharpEngine.Load(new LlamaEngineSettings(model), NullLogger.Instance, null, cancellationToken);
        using var context = new FilledContext(engine, shape);
        int rounds = quick ? QuickRounds : Rounds;
        var benchmark = new InterceptionBenchmark(context, shape, rounds);
        double prefillMs = benchmark.EstimatePrefill();
        return new InterceptionReport(engine.Binding.Name, engine.Binding.LlamaCppBuild, shape.Threads, rounds, prefillMs, benchmark.Run(available, prefillMs));
    }

    // An interrupted run may not come back from llama.cpp in time, but its process ends.
    private static string TemporaryFolder()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("curkv-bench-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        return folder.FullName;
    }

    // The last one is what the product takes for a document when nothing is set.
    private static IEnumerable<InterceptionSetting> Settings(string policy) =>
        Paths.Select(path => new InterceptionSetting(policy, path))
            .Append(new InterceptionSetting(KvCompressionDefaults.QueryFreePolicy, KvRewritePath.InPlace))
            .Distinct();

    private static async Task<List<(InterceptionSetting Setting, long? ExtraBytes)>> ProbeAsync(
        string model, InterceptionShape shape, List<InterceptionSetting> settings, CancellationToken cancellationToken)
    {
        List<(InterceptionSetting Setting, long? ExtraBytes)> available = [];
        foreach (InterceptionSetting setting in settings)
        {
            try
            {
                available.Add((setting, await MemoryProbe.MeasureAsync(model, shape, setting, cancellationToken)));
            }
            catch (KvCompressionException e)
            {
                await Console.Error.WriteLineAsync($"{setting.Policy} on the {setting.Path} path: {e.Message}");
            }
        }

        return available.Count > 0 ? available : throw new InvalidOperationException("No path is available here.");
    }
}
