using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Engine;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Testing;

namespace CurKv.Connector.Tests.KvCache;

/// <summary>
/// A GPU backend as a plug-in beside natives that have none: here ggml's Vulkan library, which computes on any Vulkan device, also on
/// Mesa's software one. Plug-ins belong to the process, so the tests that load it have one of their own.
/// </summary>
public class VulkanPluginTests
{
    private static readonly string[] DriverFolders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

    private const string PluginVariable = "CURKV_TEST_VULKAN";
    private const string ExpectedVariable = "CURKV_TEST_EXPECTED";

    // The first needs norms only, which other GPUs compute; the second reads rows.
    private static readonly string[] Policies = ["curdkv", "curdkv-sketch"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetResponse_OverThePlugin_AnswersAsTheCpu()
    {
        string? plugin = FindPlugin();
        Assert.SkipUnless(plugin is not null, $"There is no Vulkan plug-in: set {PluginVariable} to a libggml-vulkan.so, or put it into artifacts/vulkan, as .ci/run does.");
        Assert.SkipUnless(HasVulkan(), "The system has no Vulkan loader (Debian: libvulkan1) or no driver (mesa-vulkan-drivers).");
        List<string> answers = [];
        foreach (string policy in Policies)
        {
            using LlamaChatClient client = Pebble.Create(options => Compress(options, policy));
            answers.Add((await AskAsync(client)).Text);
        }

        Assert.All(answers, answer => Assert.Contains("4821", answer, StringComparison.Ordinal));
        var environment = new Dictionary<string, string>
        {
            [PluginVariable] = plugin!,
            [ExpectedVariable] = string.Join('\n', answers),

            // By itself ggml takes GPUs only, and no device that is software.
            ["GGML_VK_VISIBLE_DEVICES"] = "0",
        };
        await ChildTest.AssertPassesAsync<VulkanPluginTests>(nameof(Child_Plugin_RunsOnTheDevice), environment);
    }

    [Fact(Explicit = true)]
    public async Task Child_Plugin_RunsOnTheDevice()
    {
        string[] expected = ChildTest.Given(ExpectedVariable).Split('\n');
        List<(string Policy, bool Detach, KvRewritePath Path)> rows =
        [
            (Policies[0], true, KvRewritePath.State),
            (Policies[1], false, KvRewritePath.State),
        ];
        foreach ((string policy, bool detach, KvRewritePath path) in rows)
        {
            var logger = new FakeLogger<LlamaChatClient>();
            LlamaChatClientOptions settings = Pebble.Options(options =>
            {
                Compress(options, policy);
                options.GpuLayerCount = -1;
                options.DetachHook = detach;
                options.BackendPaths = [ChildTest.Given(PluginVariable)];
            });
            using var client = new LlamaChatClient(settings, logger);
            ChatResponse response = await AskAsync(client);

            string log = string.Join('\n', logger.Collector.GetSnapshot().Select(record => record.Message));
            Assert.True(log.Contains("offloaded 7/7 layers to GPU", StringComparison.Ordinal), log);
            var statistics = (GenerationStatistics)response.RawRepresentation!;
            Assert.Equal(path, statistics.Compression!.Path);
            Assert.Equal(expected[Array.IndexOf(Policies, policy)], response.Text);
        }
    }

    private static void Compress(LlamaChatClientOptions options, string policy)
    {
        options.Compression.Policy = policy;
        options.Compression.Ratio = 0.5;
        options.Compression.MinTokens = 0;
    }

    private static Task<ChatResponse> AskAsync(LlamaChatClient client)
    {
        string document = Pebble.Document(16, Pebble.Fact("north", "4821"), Pebble.Fact("south", "7390"));
        return client.GetResponseAsync($"{document}\n\n{Pebble.Question("north")}", Pebble.Greedy, Cancellation);
    }

    private static string? FindPlugin()
    {
        string[] candidates =
        [
            Environment.GetEnvironmentVariable(PluginVariable) ?? string.Empty,
            .. Parents(AppContext.BaseDirectory).Select(folder => Path.Combine(folder, "artifacts", "vulkan", "libggml-vulkan.so")),
        ];
        return candidates.FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string> Parents(string folder)
    {
        for (DirectoryInfo? parent = new(folder); parent is not null; parent = parent.Parent)
        {
            yield return parent.FullName;
        }
    }

    // Drivers register in these folders; without one, the loader finds no device.
    private static bool HasVulkan() =>
        System.Runtime.InteropServices.NativeLibrary.TryLoad("libvulkan.so.1", out _)
        && DriverFolders.Any(folder => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.json").Any());
}
