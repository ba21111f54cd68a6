using System.CommandLine;
using System.Text.Json;
using CurKv.Benchmarks;
using CurKv.Connector;
using Spectre.Console;

var model = new Option<FileInfo>("--model") { DefaultValueFactory = _ => CompressionBenchmark.BundledModel, Description = "A GGUF file." };
var policies = new Option<string[]>("--policy") { DefaultValueFactory = _ => ["curdkv", "curdkv-norms"], AllowMultipleArgumentsPerToken = true, Description = "The policies to measure." };
var ratios = new Option<double[]>("--ratio") { DefaultValueFactory = _ => [0.5, 0.9], AllowMultipleArgumentsPerToken = true, Description = "The shares of the cells to evict." };
var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 7, Description = "How often everything is measured; medians count." };
var json = new Option<bool>("--json") { Description = "Print one JSON object instead of a table." };

var command = new RootCommand("Measures what compressing the cache costs against reading the prompt, and what it gains in decoding.") { model, policies, ratios, rounds, json };
command.SetAction(async (arguments, cancellationToken) =>
{
    var options = new LlamaChatClientOptions { ModelPath = arguments.GetRequiredValue(model).FullName };
    using LlamaChatClient client = await LlamaChatClient.LoadAsync(options, cancellationToken: cancellationToken);
    CompressionReport report = await new CompressionBenchmark(client).RunAsync(
        arguments.GetRequiredValue(policies), arguments.GetRequiredValue(ratios), arguments.GetRequiredValue(rounds), cancellationToken);
    if (arguments.GetValue(json))
    {
        Console.WriteLine(JsonSerializer.Serialize(report, BenchmarkJson.Default.CompressionReport));
    }
    else
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(report.ToTable());
    }
});
return await command.Parse(args).InvokeAsync();
