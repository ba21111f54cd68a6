using System.CommandLine;
using System.Text.Json;
using CurKv.Connector;
using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using CurKv.Samples.Chat;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spectre.Console;

var document = new Argument<FileInfo?>("document") { Arity = ArgumentArity.ZeroOrOne, Description = "A text file to read instead of the bundled book." };
var questions = new Option<FileInfo?>("--questions") { Description = "A JSON array of { \"question\", \"answer\" } about the document." };
var model = new Option<FileInfo>("--model") { DefaultValueFactory = _ => BundledFiles.Model, Description = "A GGUF file." };
var context = new Option<int>("--context") { DefaultValueFactory = _ => 8192, Description = "Cells of the KV cache." };
var policies = new Option<string[]>("--policy") { DefaultValueFactory = _ => ["curdkv", "streaming", "random"], AllowMultipleArgumentsPerToken = true, Description = "The policies to compare." };
var ratios = new Option<double[]>("--ratio") { DefaultValueFactory = _ => [0.5, 0.9], AllowMultipleArgumentsPerToken = true, Description = "The shares of the cells to evict." };
var aware = new Option<bool>("--question-aware") { Description = "Keep the document whole, and evict for each question once that is read, by a policy that may look at it (auto)." };
var json = new Option<bool>("--json") { Description = "Print one JSON object instead of tables." };
var chat = new Option<bool>("--chat") { Description = "Then chat about the document, by the first policy at the last ratio." };

var command = new RootCommand("Reads a long document with a local model, evicts most of its KV cache, and asks questions about it.")
{
    document, questions, model, context, policies, ratios, aware, json, chat,
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
    ServiceCollection services = new();
    services.AddLlamaChatClient(options =>
    {
        options.ModelPath = arguments.GetRequiredValue(model).FullName;
        options.ContextSize = arguments.GetRequiredValue(context);
    });
    await using ServiceProvider provider = services.BuildServiceProvider();
    LlamaChatClient client = provider.GetRequiredService<IChatClient>().GetService<LlamaChatClient>()!;

    DocumentQuestions reading = DocumentQuestions.Load(arguments.GetValue(document), arguments.GetValue(questions));
    List<DemoSetting> settings =
    [
        DemoSetting.FullCache,
        .. (from ratio in arguments.GetRequiredValue(ratios)
           from policy in arguments.GetRequiredValue(policies)
           select new DemoSetting(policy, ratio, arguments.GetValue(aware))).Distinct().Where(setting => setting.Policy != KvCompressionOptions.NoPolicy),
    ];
    var demo = new DocumentDemo(client, reading);
    if (arguments.GetValue(json))
    {
        DemoReport report = await demo.RunAsync(settings, (_, _) => { }, cancellationToken);
        Console.WriteLine(JsonSerializer.Serialize(report, DemoJson.Default.DemoReport));
        return;
    }

    await DemoScreen.ShowAsync(demo, settings, cancellationToken);
    if (arguments.GetValue(chat))
    {
        await DocumentChat.RunAsync(client, reading, settings[^1] with { Policy = settings[1 % settings.Count].Policy }, cancellationToken);
    }
}
