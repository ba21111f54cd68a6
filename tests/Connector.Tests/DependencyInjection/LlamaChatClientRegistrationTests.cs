using CurKv.Connector.Chat;
using CurKv.Connector.Tests.Chat;
using CurKv.Connector.Tests.Models;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.DependencyInjection;

public class LlamaChatClientRegistrationTests
{
    private static readonly Dictionary<string, string?> Small = new()
    {
        ["Llama:ModelPath"] = TestModels.Pebble,
        ["Llama:ModelId"] = "pebble",
        ["Llama:GpuLayerCount"] = "0",
        ["Llama:Threads"] = "1",
        ["Llama:ContextSize"] = "512",
        ["Llama:FlashAttention"] = "On",
        ["Llama:ValueCacheType"] = "Q8_0",
        ["Llama:Compression:Policy"] = "keynorm",
        ["Llama:Compression:Cells"] = "100",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Add_NullArguments_Throws()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentNullException>("services", () => LlamaServiceCollectionExtensions.AddLlamaChatClient(null!));
        Assert.Throws<ArgumentNullException>("services", () => LlamaServiceCollectionExtensions.AddKeyedLlamaChatClient(null!, "a"));
        Assert.Throws<ArgumentNullException>(() => services.AddLlamaChatClient((Action<LlamaChatClientOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => services.AddLlamaChatClient((IConfigurationSection)null!));
        Assert.Throws<ArgumentNullException>("serviceKey", () => services.AddKeyedLlamaChatClient(null!));
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedLlamaChatClient("a", (Action<LlamaChatClientOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedLlamaChatClient("a", (IConfigurationSection)null!));
    }

    [Theory]
    [InlineData("ModelPath is empty", "GGUF file", "ModelPath=")]
    [InlineData("ModelPath is empty", "GGUF file", "ModelPath=  ")]
    [InlineData("ContextSize is 0", "at least 1", "ContextSize=0")]
    [InlineData("ContextSize is -1", "at least 1", "ContextSize=-1")]
    [InlineData("BatchSize is 0", "at least 1", "BatchSize=0")]
    [InlineData("ModelPath '/nowhere/model.gguf' does not exist", "GGUF file", "ModelPath=/nowhere/model.gguf")]
    [InlineData("ModelPath '/' is a directory", "GGUF file", "ModelPath=/")]
    [InlineData("NativeLibraryPath '/nowhere/libllama.so' does not exist", "leave it null", "NativeLibraryPath=/nowhere/libllama.so")]
    [InlineData("NativeLibraryPath '/' is a directory", "leave it null", "NativeLibraryPath=/")]
    [InlineData("Threads is 0", "at least 1", "Threads=0")]
    [InlineData("Threads is 100000", "the processors that this process may use", "Threads=100000")]
    [InlineData("GpuLayerCount is -2", "−1 for all layers", "GpuLayerCount=-2")]
    [InlineData("FlashAttention is 7", "Auto, On, Off", "FlashAttention=7")]
    [InlineData("KeyCacheType or ValueCacheType", "F16", "KeyCacheType=77")]
    [InlineData("KeyCacheType or ValueCacheType", "F16", "ValueCacheType=77")]
    [InlineData("ValueCacheType Q8_0 needs FlashAttention", "Set FlashAttention to On", "ValueCacheType=Q8_0", "FlashAttention=Off")]
    [InlineData("ValueCacheType Q4_0 needs FlashAttention", "Set FlashAttention to On", "ValueCacheType=Q4_0", "FlashAttention=Off")]
    [InlineData("Compression.Policy is neither \"auto\" nor \"none\" nor a policy's name: There is no policy \"nosuch\"", "Known: curdkv", "Compression:Policy=nosuch")]
    [InlineData("Compression.Policy is neither \"auto\" nor \"none\" nor a policy's name: A policy is expected", "such as curdkv", "Compression:Policy=")]
    [InlineData("Compression.Policy is neither \"auto\" nor \"none\" nor a policy's name: \"snapkv\" has no argument \"windw\" (character 8)", "window, pool, pooling", "Compression:Policy=snapkv(windw=32)")]
    [InlineData("Compression.Ratio is 1.", "below 1", "Compression:Ratio=1.0")]
    [InlineData("Compression.Ratio is -0.1.", "at least 0", "Compression:Ratio=-0.1")]
    [InlineData("Compression.Ratio is NaN.", "at least 0 and below 1", "Compression:Ratio=NaN")]
    [InlineData("Compression.Cells is 0", "at least 1", "Compression:Cells=0")]
    [InlineData("Compression.Cells is 513, above ContextSize 512", "Lower it", "ContextSize=512", "Compression:Cells=513")]
    [InlineData("Compression.Mass is 0.", "above 0", "Compression:Mass=0")]
    [InlineData("Compression.Mass is 1.5.", "at most 1", "Compression:Mass=1.5")]
    [InlineData("Compression.Sinks is -1", "0 or more", "Compression:Sinks=-1")]
    [InlineData("Compression.Recent is 0", "at least 1", "Compression:Recent=0")]
    [InlineData("Compression.MinTokens is -1", "0 or more", "Compression:MinTokens=-1")]
    public async Task StartAsync_BadOption_NamesTheSettingAndTheFix(string problem, string fix, params string[] settings)
    {
        foreach (string? key in new[] { null, "small" })
        {
            HostApplicationBuilder builder = HostBuilder();
            builder.Configuration["Llama:ModelPath"] = TestModels.Pebble;
            foreach (string[] setting in settings.Select(setting => setting.Split('=', 2)))
            {
                builder.Configuration["Llama:" + setting[0]] = setting[1];
            }

            IConfigurationSection section = builder.Configuration.GetSection("Llama");
            _ = key is null ? builder.Services.AddLlamaChatClient(section) : builder.Services.AddKeyedLlamaChatClient(key, section);
            using IHost host = builder.Build();

            OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

            Assert.Equal(typeof(LlamaChatClientOptions), e.OptionsType);
            string failure = Assert.Single(e.Failures);
            Assert.StartsWith(key is null ? problem : $"LlamaChatClient 'small': {problem}", failure, StringComparison.Ordinal);
            Assert.Contains(fix, failure, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Add_OwnPolicy_IsFoundByNameAndInCompositions()
    {
        HostApplicationBuilder builder = HostBuilder();
        builder.Services.AddSingleton<IKvPolicy, EveryOther>();
        builder.Services.AddLlamaChatClient(options =>
        {
            (options.ModelPath, options.GpuLayerCount, options.Threads, options.ContextSize) = (TestModels.Pebble, 0, 1, 1024);
            options.Compression.Policy = "every-other*curdkv";
        });
        using IHost host = builder.Build();
        await host.StartAsync(Cancellation);

        ChatResponse response = await host.Services.GetRequiredService<IChatClient>().GetResponseAsync(
            Pebble.Document(60) + "\n\nWhat?", new ChatOptions { MaxOutputTokens = 2 }, Cancellation);

        Assert.Equal("every-other*curdkv", ((GenerationStatistics)response.RawRepresentation!).Compression!.Policy);
    }

    [Fact]
    public async Task StartAsync_NoCompressionOptions_NamesTheSettingAndTheFix()
    {
        HostApplicationBuilder builder = HostBuilder();
        builder.Services.AddLlamaChatClient(options => (options.ModelPath, options.Compression) = (TestModels.Pebble, null!));
        using IHost host = builder.Build();

        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        Assert.Contains("Compression is null. Set its Policy to \"none\"", Assert.Single(e.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_SeveralBadOptions_NamesThemAll()
    {
        HostApplicationBuilder builder = HostBuilder();
        builder.Services.AddLlamaChatClient(options => (options.ContextSize, options.Compression.Ratio) = (0, 2));
        using IHost host = builder.Build();

        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        Assert.Equal(3, e.Failures.Count());
    }

    [Theory]
    [InlineData("ContextSize", "many")]
    [InlineData("Compression:Ratio", "half")]
    [InlineData("FlashAttention", "Maybe")]
    public async Task StartAsync_OptionOfAnotherType_NamesTheSetting(string setting, string value)
    {
        HostApplicationBuilder builder = HostBuilder();
        builder.Configuration.AddInMemoryCollection([new("Llama:" + setting, value)]);
        builder.Services.AddLlamaChatClient(builder.Configuration.GetSection("Llama"));
        using IHost host = builder.Build();

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Cancellation));

        Assert.Contains(setting, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetRequiredService_ModelFileGoneSinceTheStart_ThrowsThen()
    {
        string path = TestModels.Scratch("model.gguf");
        File.Copy(TestModels.Pebble, path);
        HostApplicationBuilder builder = HostBuilder();
        builder.Services.AddLlamaChatClient(options => options.ModelPath = path);
        using IHost host = builder.Build();
        await host.StartAsync(Cancellation);
        File.Delete(path);

        LlamaModelException e = Assert.Throws<LlamaModelException>(() => host.Services.GetRequiredService<IChatClient>());

        Assert.Equal(path, e.ModelPath);
        Assert.Contains("ModelPath", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_SeveralKeyedClients_NamesTheOneThatIsWrong()
    {
        HostApplicationBuilder builder = HostBuilder();
        builder.Services.AddKeyedLlamaChatClient("good", Configure);
        builder.Services.AddKeyedLlamaChatClient("bad", options => options.ModelPath = "/nowhere/model.gguf");
        using IHost host = builder.Build();

        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        Assert.StartsWith("LlamaChatClient 'bad': ModelPath '/nowhere/model.gguf' does not exist", Assert.Single(e.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void GetRequiredService_BadOptionWithoutAHost_Throws()
    {
        using ServiceProvider provider = Provider(services => services.AddLlamaChatClient(options => options.ModelPath = ""));

        Assert.Contains("ModelPath", Assert.Throws<OptionsValidationException>(provider.GetRequiredService<IChatClient>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddLlamaChatClient_OptionsConfiguredElsewhere_AnswersAndIsOneForAll()
    {
        var services = new ServiceCollection();
        services.AddLlamaChatClient();
        services.Configure<LlamaChatClientOptions>(Configure);
        ServiceProvider provider = services.BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();

        Assert.Same(client, provider.GetRequiredService<IChatClient>());
        Assert.IsType<LlamaChatClient>(client);
        Assert.Contains("4821", (await client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);
        await provider.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => client.GetStreamingResponseAsync("Hello.", cancellationToken: Cancellation));
    }

    [Fact]
    public async Task AddLlamaChatClient_Action_SetsTheOptions()
    {
        await using ServiceProvider provider = Provider(services => services.AddLlamaChatClient(Configure));

        Assert.Equal(512, provider.GetRequiredService<IChatClient>().GetService<LlamaChatClientOptions>()!.ContextSize);
    }

    [Fact]
    public async Task AddLlamaChatClient_Section_SetsTheOptions()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(Small).Build();
        await using ServiceProvider provider = Provider(services => services.AddLlamaChatClient(configuration.GetSection("Llama")));

        IChatClient client = provider.GetRequiredService<IChatClient>();
        LlamaChatClientOptions options = client.GetService<LlamaChatClientOptions>()!;
        Assert.Equal((TestModels.Pebble, 0, 1, 512), (options.ModelPath, options.GpuLayerCount, options.Threads, options.ContextSize));
        Assert.Equal((FlashAttentionMode.On, KvElementType.F16, KvElementType.Q8_0), (options.FlashAttention, options.KeyCacheType, options.ValueCacheType));
        Assert.Equal(("keynorm", 100), (options.Compression.Policy, options.Compression.Cells));
        Assert.Equal("pebble", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Equal("pebble", (await client.GetResponseAsync("Hello.", new ChatOptions { MaxOutputTokens = 1 }, Cancellation)).ModelId);
    }

    [Fact]
    public async Task AddKeyedLlamaChatClient_EveryOverload_ResolvesByItsKeyWithItsOwnOptions()
    {
        var services = new ServiceCollection();
        services.AddKeyedLlamaChatClient("none");
        services.Configure<LlamaChatClientOptions>("none", Configure);
        services.AddKeyedLlamaChatClient("action", options =>
        {
            Configure(options);
            options.ContextSize = 256;
        });
        services.AddKeyedLlamaChatClient(3, new ConfigurationBuilder().AddInMemoryCollection(Small).Build().GetSection("Llama"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        IChatClient[] clients = [.. new object[] { "none", "action", 3 }.Select(provider.GetRequiredKeyedService<IChatClient>)];

        Assert.Equal([512, 256, 512], clients.Select(client => client.GetService<LlamaChatClientOptions>()!.ContextSize));
        Assert.Equal(["none", "none", "keynorm"], clients.Select(client => client.GetService<LlamaChatClientOptions>()!.Compression.Policy));
        Assert.Equal(3, clients.Distinct().Count());
        Assert.Null(provider.GetService<IChatClient>());
        Assert.Null(provider.GetKeyedService<IChatClient>("nosuch"));
        foreach (IChatClient client in clients)
        {
            Assert.NotEmpty((await client.GetResponseAsync("Hello.", new ChatOptions { MaxOutputTokens = 1 }, Cancellation)).Text);
        }
    }

    [Fact]
    public async Task AddLlamaChatClient_Decorators_GoAroundTheClient()
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddFakeLogging().SetMinimumLevel(LogLevel.Debug));
        List<string> calls = [];
        services.AddLlamaChatClient(Configure)
            .UseFunctionInvocation()
            .UseLogging()
            .Use(
                (messages, options, next, cancellationToken) =>
                {
                    calls.Add("before");
                    return next(messages, options, cancellationToken);
                });
        ServiceProvider provider = services.BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();

        Assert.Contains("4821", (await client.GetResponseAsync(Pebble.Prompt("north", "4821"), Pebble.Greedy, Cancellation)).Text, StringComparison.Ordinal);

        Assert.Equal(["before"], calls);
        Assert.NotNull(client.GetService<FunctionInvokingChatClient>());
        LlamaChatClient inner = client.GetService<LlamaChatClient>()!;
        FakeLogCollector log = provider.GetFakeLogCollector();
        Assert.Contains(log.GetSnapshot(), record => record.Category == typeof(LlamaChatClient).FullName && record.Message.Contains("is ready", StringComparison.Ordinal));
        Assert.Contains(log.GetSnapshot(), record => record.Category == typeof(LoggingChatClient).FullName);
        await provider.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => inner.GetStreamingResponseAsync("Hello.", cancellationToken: Cancellation));
    }

    [Fact]
    public async Task StartAsync_GoodOptions_LoadsNothingYet()
    {
        HostApplicationBuilder builder = HostBuilder();
        builder.Logging.AddFakeLogging().SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddLlamaChatClient(Configure);
        using IHost host = builder.Build();
        await host.StartAsync(Cancellation);

        FakeLogCollector log = host.Services.GetFakeLogCollector();
        Assert.DoesNotContain(log.GetSnapshot(), record => record.Category == typeof(LlamaChatClient).FullName);
        Assert.NotNull(host.Services.GetRequiredService<IChatClient>());
        Assert.Contains(log.GetSnapshot(), record => record.Category == typeof(LlamaChatClient).FullName);
        await host.StopAsync(Cancellation);
    }

    private static HostApplicationBuilder HostBuilder() => Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

    private static ServiceProvider Provider(Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        add(services);
        return services.BuildServiceProvider();
    }

    private static void Configure(LlamaChatClientOptions options)
    {
        options.ModelPath = TestModels.Pebble;
        options.GpuLayerCount = 0;
        options.Threads = 1;
        options.ContextSize = 512;
        options.Compression.Policy = "none";
    }
}
