using CurKv.Connector.Embeddings;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <content>Embedding generators.</content>
public static partial class LlamaServiceCollectionExtensions
{
    /// <summary>Adds a generator whose options are configured elsewhere.</summary>
    /// <param name="services">The container.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddLlamaEmbeddingGenerator(this IServiceCollection services)
    {
        AddGeneratorOptions(services, Options.Options.DefaultName);
        return services.AddEmbeddingGenerator<string, Embedding<float>>(provider => CreateGenerator(provider, Options.Options.DefaultName));
    }

    /// <summary>Adds a generator.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets the options; at least <see cref="LlamaEmbeddingGeneratorOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddLlamaEmbeddingGenerator(
        this IServiceCollection services, Action<LlamaEmbeddingGeneratorOptions> configure)
    {
        AddGeneratorOptions(services, Options.Options.DefaultName).Configure(configure);
        return services.AddLlamaEmbeddingGenerator();
    }

    /// <summary>Adds a generator.</summary>
    /// <param name="services">The container.</param>
    /// <param name="section">Holds the options; at least <see cref="LlamaEmbeddingGeneratorOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddLlamaEmbeddingGenerator(
        this IServiceCollection services, IConfigurationSection section)
    {
        AddGeneratorOptions(services, Options.Options.DefaultName).Bind(section);
        return services.AddLlamaEmbeddingGenerator();
    }

    /// <summary>Adds a generator under a key, whose options are configured elsewhere under the key's name.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key; its text is the options' name.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddKeyedLlamaEmbeddingGenerator(this IServiceCollection services, object serviceKey)
    {
        string name = Name(serviceKey);
        AddGeneratorOptions(services, name);
        return services.AddKeyedEmbeddingGenerator<string, Embedding<float>>(serviceKey, provider => CreateGenerator(provider, name));
    }

    /// <summary>Adds a generator under a key.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="configure">Sets the options; at least <see cref="LlamaEmbeddingGeneratorOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddKeyedLlamaEmbeddingGenerator(
        this IServiceCollection services, object serviceKey, Action<LlamaEmbeddingGeneratorOptions> configure)
    {
        AddGeneratorOptions(services, Name(serviceKey)).Configure(configure);
        return services.AddKeyedLlamaEmbeddingGenerator(serviceKey);
    }

    /// <summary>Adds a generator under a key.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="section">Holds the options; at least <see cref="LlamaEmbeddingGeneratorOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddKeyedLlamaEmbeddingGenerator(
        this IServiceCollection services, object serviceKey, IConfigurationSection section)
    {
        AddGeneratorOptions(services, Name(serviceKey)).Bind(section);
        return services.AddKeyedLlamaEmbeddingGenerator(serviceKey);
    }

    private static OptionsBuilder<LlamaEmbeddingGeneratorOptions> AddGeneratorOptions(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LlamaEmbeddingGeneratorOptions>, LlamaEmbeddingGeneratorOptionsValidator>());
        return services.AddOptions<LlamaEmbeddingGeneratorOptions>(name).ValidateOnStart();
    }

    private static LlamaEmbeddingGenerator CreateGenerator(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<LlamaEmbeddingGeneratorOptions>>().Get(name),
        provider.GetService<ILogger<LlamaEmbeddingGenerator>>(),
        CancellationToken.None);
}
