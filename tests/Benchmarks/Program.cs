using System.CommandLine;
using CurKv.Benchmarks;
using CurKv.Benchmarks.Compression;
using CurKv.Benchmarks.Grammar;
using CurKv.Benchmarks.Interception;
using CurKv.Benchmarks.Kernels;
using CurKv.Benchmarks.Peer;

const string Compression = "Measures what compressing the cache costs against reading the prompt, and what it gains in decoding.";

var root = new RootCommand(Compression)
{
    new CompressionCommand().AddTo(new Command("compression", Compression)),
    new KernelCommand().AddTo(new Command("kernels", "Measures the scoring kernels against the memory's speed, and how long every policy takes.")),
    new InterceptionCommand().AddTo(new Command("interception", "Measures what compressing a full cache costs on each path, and what it gains.")),
    new GrammarCommand().AddTo(new Command("grammar", "Measures what a grammar costs for each token of an answer.")),
    new PeerCommand().AddTo(new Command("peer", "Compares the client with LLamaSharp's own.")),
    new PeerRun().ToCommand(),
    new MemoryProbe().ToCommand(),
    BenchmarkDotNetCommand.Create("dotnet", "Measures the scoring kernels with BenchmarkDotNet."),
};
new CompressionCommand().AddTo(root);

// Without a time, an interruption ends the process at once: nothing is cancelled, and temporary files stay.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(2) });
