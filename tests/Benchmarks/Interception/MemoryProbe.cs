using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using CurKv.Connector;
using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Cache;
using Microsoft.Extensions.Logging.Abstractions;

namespace CurKv.Benchmarks.Interception;

/// <summary>Measures the first compression's extra memory, in a process of its own: buffers that another one left would hide it.</summary>
internal sealed class MemoryProbe
{
    private const string Name = "interception-memory";

    // Just enough for the product to compress, and too little for its buffers to do for the full cache.
    private const int WarmUpTokens = FilledContext.ChunkTokens;

    private readonly Option<string> _model = new("--model") { Required = true };
    private readonly Option<int> _tokens = new("--tokens") { Required = true };
    private readonly Option<KvElementType> _cache = new("--cache") { Required = true };
    private readonly Option<int> _threads = new("--threads") { Required = true };
    private readonly Option<string> _policy = new("--policy") { Required = true };
    private readonly Option<KvRewritePath> _path = new("--path") { Required = true };

    /// <summary>The command that the process runs: prints the bytes, or nothing where the system does not count them.</summary>
    public Command ToCommand()
    {
        var command = new Command(Name) { _model, _tokens, _cache, _threads, _policy, _path };
        command.Hidden = true;
        command.SetAction(Run);
        return command;
    }

    /// <summary>Runs the process.</summary>
    /// <param name="modelPath">The random model.</param>
    /// <param name="shape">The cache.</param>
    /// <param name="setting">The policy and the path.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="KvCompressionException">The path is not available here; the message says why.</exception>
    public static async Task<long?> MeasureAsync(string modelPath, InterceptionShape shape, InterceptionSetting setting, CancellationToken cancellationToken)
    {
        // Under "dotnet program.dll" the process is dotnet, and the program its first argument.
        string program = Environment.ProcessPath!;
        string[] own = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(MemoryProbe).Assembly.Location] : [];
        FormattableString arguments = $"{Name} --tokens {shape.Tokens} --cache {shape.Cache} --threads {shape.Threads} --path {setting.Path}";
        var start = new ProcessStartInfo(program, [.. own, .. arguments.ToString(CultureInfo.InvariantCulture).Split(' '), "--policy", setting.Policy, "--model", modelPath])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        string error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? long.TryParse(await output, CultureInfo.InvariantCulture, out long bytes) ? bytes : null
            : throw new KvCompressionException(error.Trim());
    }

    private int Run(ParseResult arguments)
    {
        var shape = new InterceptionShape(arguments.GetRequiredValue(_tokens), arguments.GetRequiredValue(_cache), arguments.GetRequiredValue(_threads));
        var setting = new InterceptionSetting(arguments.GetRequiredValue(_policy), arguments.GetRequiredValue(_path));
        try
        {
            using LlamaSharpEngine engine = LlamaSharpEngine.Load(new LlamaEngineSettings(arguments.GetRequiredValue(_model)), NullLogger.Instance, null, CancellationToken.None);

            // The code is compiled and llama.cpp's own buffers are there before it counts.
            _ = ExtraBytes(engine, shape with { Tokens = WarmUpTokens }, setting);
            Console.WriteLine(ExtraBytes(engine, shape, setting));
            return 0;
        }
        catch (Exception e) when (e is LlamaException or InvalidOperationException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static long? ExtraBytes(LlamaSharpEngine engine, InterceptionShape shape, InterceptionSetting setting)
    {
        KvCompressionPlan plan = setting.Plan();
        using var context = new FilledContext(engine, shape);
        context.Fill(plan);
        GC.Collect();
        if (ResidentMemory.IsCounted)
        {
            return ResidentMemory.ExtraPeak(() => context.Compress(plan, setting.Path));
        }

        context.Compress(plan, setting.Path);
        return null;
    }
}
