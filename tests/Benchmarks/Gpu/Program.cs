using System.Diagnostics;
using System.Globalization;
using CurKv.Benchmarks.Gpu;
using CurKv.Connector.Engine;
using CurKv.KvPolicy.Cache;

if (args.Length < 4)
{
    Console.Error.WriteLine("usage: CurKv.Benchmarks.Gpu SHAPE MODEL-FILE LIBLLAMA f16|q8_0 [TOKENS[xRUNS] ...]   (the model is written unless the file exists)");
    return 2;
}

ModelShape shape = Array.Find(ModelShape.All, shape => shape.Name == args[0]) ?? throw new ArgumentException($"'{args[0]}' is no shape; these are: {string.Join(", ", ModelShape.All.Select(known => known.Name))}.");
string model = args[1];
if (!File.Exists(model))
{
    long started = Stopwatch.GetTimestamp();
    new ModelFile(shape).Write(model);
    GpuRow.Write("model", ("model", shape.Name), ("bytes", new FileInfo(model).Length), ("write_ms", Stopwatch.GetElapsedTime(started).TotalMilliseconds));
}

var logger = new ConsoleLogger();
long loading = Stopwatch.GetTimestamp();
using LlamaSharpEngine engine = LlamaSharpEngine.Load(new LlamaEngineSettings(model) { GpuLayerCount = -1, NativeLibraryPath = args[2] }, logger, null, CancellationToken.None);
GpuRow.Write("load", ("build", engine.Binding.LlamaCppBuild), ("gpu", engine.SupportsGpu), ("load_ms", Stopwatch.GetElapsedTime(loading).TotalMilliseconds));
var benchmark = new GpuBenchmark(engine, shape, new FileInfo(model).Length, Enum.Parse<KvElementType>(args[3], ignoreCase: true), logger);
foreach (string length in args[4..])
{
    string[] parts = length.Split('x');
    int tokens = int.Parse(parts[0], CultureInfo.InvariantCulture);
    if (parts is [_, "v"])
    {
        benchmark.Verify(tokens);
    }
    else
    {
        benchmark.Measure(tokens, parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1);
    }
}

return 0;
