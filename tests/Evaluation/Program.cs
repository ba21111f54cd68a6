using System.CommandLine;
using System.Text.Json;
using CurKv.Connector;
using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using CurKv.Evaluation;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Spectre.Console;

string bundledModel = Path.Combine(AppContext.BaseDirectory, "models", "pebble-17m-q8_0.gguf");
string[] tablePolicies =
[
    KvCompressionDefaults.QuestionAwarePolicy, KvCompressionDefaults.QueryFreePolicy, "snapkv(window=32,pool=21)+curdkv", "snapkv(window=32,pool=13,pooling=max)|curdkv(combine=key)",
    "curdkv", "curdkv-norms", "curdkv-sketch", "curdkv-local",
    "snapkv(window=32)", "snapkv(window=32,pool=13)", "snapkv(window=32,pool=21)", "streaming", "random",
];

var quick = new Option<bool>("--quick") { Description = "The table of docs/policies.md: prompts of 1k and 2k tokens, 80 and 90 %." };
var json = new Option<bool>("--json") { Description = "Print one JSON object instead of tables." };
var model = new Option<string>("--model") { DefaultValueFactory = _ => bundledModel, Description = "A GGUF file." };
var data = new Option<string>("--data") { DefaultValueFactory = _ => EvalSet.Bundled, Description = "The prompts." };
var contains = new Option<bool>("--contains") { Description = "Count an answer that contains the expected values, whatever else it says; for models that do not answer as Pebble does." };
var policies = new Option<string[]>("--policy") { DefaultValueFactory = _ => tablePolicies, AllowMultipleArgumentsPerToken = true, Description = "The policies." };
var ratios = new Option<double[]>("--ratio") { DefaultValueFactory = _ => [0.5, 0.8, 0.9, 0.95], AllowMultipleArgumentsPerToken = true, Description = "The shares of the cells to evict." };
var lengths = new Option<int[]>("--length") { DefaultValueFactory = _ => [1024, 2048, 4096], AllowMultipleArgumentsPerToken = true, Description = "The prompts' length classes." };
var families = new Option<string[]>("--family") { DefaultValueFactory = _ => [.. EvalSet.RetrievalFamilies], AllowMultipleArgumentsPerToken = true, Description = "The kinds of tasks." };
var regimes = new Option<EvalRegime[]>("--regime") { DefaultValueFactory = _ => Enum.GetValues<EvalRegime>(), AllowMultipleArgumentsPerToken = true, Description = "Whether the question is known when the cache is cut." };
var limit = new Option<int>("--limit") { DefaultValueFactory = _ => int.MaxValue, Description = "Prompts of each family and length." };
var byFamily = new Option<bool>("--by-family") { Description = "One line for each kind of task." };
var threads = new Option<int?>("--threads") { Description = "Threads that compute, instead of the default." };
var recent = new Option<int?>("--recent") { Description = "Recent tokens to protect, instead of the default." };

var command = new RootCommand("Counts the right answers that each policy leaves, beside the full cache and Random at equal cells.")
{
    quick, json, model, data, contains, policies, ratios, lengths, families, regimes, limit, byFamily, threads, recent,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    try
    {
        await RunAsync(arguments, cancellationToken);
        return 0;
    }
    catch (Exception e) when (e is LlamaException or OptionsValidationException or ArgumentException or UnauthorizedAccessException or IOException or JsonException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
});
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(2) });

async Task RunAsync(ParseResult arguments, CancellationToken cancellationToken)
{
    bool isQuick = arguments.GetValue(quick);
    double[] evicted = isQuick && arguments.GetResult(ratios)?.Implicit != false ? [0.8, 0.9] : arguments.GetRequiredValue(ratios);
    int[] classes = isQuick && arguments.GetResult(lengths)?.Implicit != false ? [1024, 2048] : arguments.GetRequiredValue(lengths);
    List<EvalSetting> settings =
    [
        .. from regime in arguments.GetRequiredValue(regimes)
           from policy in arguments.GetRequiredValue(policies).Prepend(KvCompressionOptions.NoPolicy)
           from ratio in policy == KvCompressionOptions.NoPolicy ? [0] : evicted
           select new EvalSetting(policy, regime, ratio),
    ];
    List<EvalPrompt> prompts =
    [
        .. from prompt in await EvalSet.LoadAsync(arguments.GetRequiredValue(data), cancellationToken)
           where classes.Contains(prompt.Length) && arguments.GetRequiredValue(families).Contains(prompt.Family)
           group prompt by (prompt.Length, prompt.Family) into cell
           from prompt in cell.Take(arguments.GetRequiredValue(limit))
           select prompt,
    ];

    var options = new LlamaChatClientOptions { ModelPath = arguments.GetRequiredValue(model), ContextSize = 2 * classes.Max(), GpuLayerCount = 0, Threads = arguments.GetValue(threads) };
    using LlamaChatClient client = await LlamaChatClient.LoadAsync(options, cancellationToken: cancellationToken);
    var evaluator = new Evaluator(client.Runtime, exact: !arguments.GetValue(contains), arguments.GetValue(recent));
    List<(EvalPrompt Prompt, EvalSetting Setting, bool Right)> answers = [];
    for (int i = 0; i < prompts.Count; i++)
    {
        bool[] right = await evaluator.AskAsync(prompts[i], settings, cancellationToken);
        answers.AddRange(settings.Zip(right, (setting, isRight) => (prompts[i], setting, isRight)));
        await Console.Error.WriteAsync($"\r{i + 1} of {prompts.Count} prompts");
    }

    await Console.Error.WriteLineAsync();
    LlamaRuntimeInfo info = client.GetService<LlamaRuntimeInfo>()!;
    var report = new EvalReport(info.Binding, info.LlamaCppBuild, Path.GetFileName(info.ModelPath),
    [
        .. from answer in answers
           group answer by (answer.Setting, answer.Prompt.Length, Family: arguments.GetValue(byFamily) ? answer.Prompt.Family : null) into cell
           let setting = cell.Key.Setting
           select new EvalRow(setting.Policy, setting.Regime, setting.Ratio, cell.Key.Length, cell.Count(), cell.Count(answer => answer.Right), cell.Key.Family),
    ]);
    if (arguments.GetValue(json))
    {
        Console.WriteLine(JsonSerializer.Serialize(report, EvalJson.Default.EvalReport));
        return;
    }

    AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
    foreach (Table table in report.ToTables())
    {
        AnsiConsole.Write(table);
    }
}
