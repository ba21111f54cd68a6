using CurKv.Connector.Embeddings;
using CurKv.Connector.Tests.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CurKv.Connector.Tests.DependencyInjection;

public class LlamaEmbeddingGeneratorRegistrationTests
{
    private static readonly Dictionary<string, string?> Small = new()
    {
        ["Embed:ModelPath"] = TestModels.Pebble,
        ["Embed:ModelId"] = "pebble",
        ["Embed:GpuLayerCount"] = "0",
        ["Embed:Threads"] = "1",
        ["Embed:ContextSize"] = "128",
        ["Embed:Pooling"] = "Last",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Add_NullArguments_Throws()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentNullException>("services", () => LlamaServiceCollectionExtensions.AddLlamaEmbeddingGenerator(null!));
        Assert.Throws<ArgumentNullException>("services", () => LlamaServiceCollectionExtensions.AddKeyedLlamaEmbeddingGenerator(null!, "a"));
        Assert.Throws<ArgumentNullException>(() => services.AddLlamaEmbeddingGenerator((Action<LlamaEmbeddingGeneratorOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => services.AddLlamaEmbeddingGenerator((IConfigurationSection)null!));
        Assert.Throws<ArgumentNullException>("serviceKey", () => services.AddKeyedLlamaEmbeddingGenerator(null!));
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedLlamaEmbeddingGenerator("a", (Action<LlamaEmbeddingGeneratorOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedLlamaEmbeddingGenerator("a", (IConfigurationSection)null!));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("small")]
    public async Task StartAsync_BadOption_NamesTheSettingAndTheFix(string? key)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new("Embed:ModelPath", TestModels.Pebble), new("Embed:ContextSize", "0")]);
        IConfigurationSection section = builder.Configuration.GetSection("Embed");
        _ = key is null ? builder.Services.AddLlamaEmbeddingGenerator(section) : builder.Services.AddKeyedLlamaEmbeddingGenerator(key, section);
        using IHost host = builder.Build();

        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        string generator = key is null ? string.Empty : "LlamaEmbeddingGenerator 'small': ";
        Assert.StartsWith(generator + "ContextSize is 0. Set it to at least 1", Assert.Single(e.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_EveryOverload_ResolvesWithItsOwnOptions()
    {
        IConfigurationSection section = new ConfigurationBuilder().AddInMemoryCollection(Small).Build().GetSection("Embed");
        var services = new ServiceCollection();
        services.AddLlamaEmbeddingGenerator();
        services.Configure<LlamaEmbeddingGeneratorOptions>(options => Configure(options, 64));
        services.AddKeyedLlamaEmbeddingGenerator("none");
        services.Configure<LlamaEmbeddingGeneratorOptions>("none", options => Configure(options, 96));
        services.AddKeyedLlamaEmbeddingGenerator("action", options => Configure(options, 100));
        services.AddKeyedLlamaEmbeddingGenerator(3, section);
        ServiceProvider provider = services.BuildServiceProvider();

        IEmbeddingGenerator<string, Embedding<float>>[] generators =
        [
            provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>(),
            .. new object[] { "none", "action", 3 }.Select(provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>),
        ];

        Assert.Equal([64, 96, 100, 128], generators.Select(generator => generator.GetService<LlamaEmbeddingGeneratorOptions>()!.ContextSize));
        Assert.Equal("pebble", generators[3].GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
        Assert.Equal(LlamaPooling.Last, generators[3].GetService<LlamaEmbeddingGeneratorOptions>()!.Pooling);
        Assert.Same(generators[0], provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
        foreach (IEmbeddingGenerator<string, Embedding<float>> generator in generators)
        {
            Assert.NotEqual(0, (await generator.GenerateVectorAsync("Hello.", cancellationToken: Cancellation)).Length);
        }

        await provider.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => generators[0].GenerateAsync(["a"], cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Add_SectionAndAction_SetTheOptions()
    {
        IConfigurationSection section = new ConfigurationBuilder().AddInMemoryCollection(Small).Build().GetSection("Embed");
        foreach (Action<IServiceCollection> add in new Action<IServiceCollection>[] { services => services.AddLlamaEmbeddingGenerator(section), services => services.AddLlamaEmbeddingGenerator(options => Configure(options, 128)) })
        {
            var services = new ServiceCollection();
            add(services);
            await using ServiceProvider provider = services.BuildServiceProvider();

            Assert.Equal(128, provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GetService<LlamaEmbeddingGeneratorOptions>()!.ContextSize);
        }
    }

    private static void Configure(LlamaEmbeddingGeneratorOptions options, int contextSize) =>
        (options.ModelPath, options.GpuLayerCount, options.Threads, options.ContextSize) = (TestModels.Pebble, 0, 1, contextSize);
}
