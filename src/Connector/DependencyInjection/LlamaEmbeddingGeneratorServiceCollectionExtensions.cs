using CurKv.Connector;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds <see cref="LlamaEmbeddingGenerator"/> to a container.</summary>
/// <remarks>
/// The generator is a singleton: it holds the model. Options are validated when the host starts, the files that they name included;
/// the model is loaded when the generator is first resolved.
/// </remarks>
public static class LlamaEmbeddingGeneratorServiceCollectionExtensions
{
    /// <summary>Adds a generator whose options are configured elsewhere.</summary>
    /// <param name="services">The container.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddLlamaEmbeddingGenerator(this IServiceCollection services)
    {
        AddOptions(services, Options.Options.DefaultName);
        return services.AddEmbeddingGenerator<string, Embedding<float>>(provider => Create(provider, Options.Options.DefaultName));
    }

    /// <summary>Adds a generator.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets the options; at least <see cref="LlamaEmbeddingGeneratorOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddLlamaEmbeddingGenerator(
        this IServiceCollection services, Action<LlamaEmbeddingGeneratorOptions> configure)
    {
        AddOptions(services, Options.Options.DefaultName).Configure(configure);
        return services.AddLlamaEmbeddingGenerator();
    }

    /// <summary>Adds a generator.</summary>
    /// <param name="services">The container.</param>
    /// <param name="section">Holds the options; at least <see cref="LlamaEmbeddingGeneratorOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddLlamaEmbeddingGenerator(
        this IServiceCollection services, IConfigurationSection section)
    {
        AddOptions(services, Options.Options.DefaultName).Bind(section);
        return services.AddLlamaEmbeddingGenerator();
    }

    /// <summary>Adds a generator under a key, whose options are configured elsewhere under the key's name.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key; its text is the options' name.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddKeyedLlamaEmbeddingGenerator(this IServiceCollection services, object serviceKey)
    {
        string name = Name(serviceKey);
        AddOptions(services, name);
        return services.AddKeyedEmbeddingGenerator<string, Embedding<float>>(serviceKey, provider => Create(provider, name));
    }

    /// <summary>Adds a generator under a key.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="configure">Sets the options; at least <see cref="LlamaEmbeddingGeneratorOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further generators around this one.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddKeyedLlamaEmbeddingGenerator(
        this IServiceCollection services, object serviceKey, Action<LlamaEmbeddingGeneratorOptions> configure)
    {
        AddOptions(services, Name(serviceKey)).Configure(configure);
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
        AddOptions(services, Name(serviceKey)).Bind(section);
        return services.AddKeyedLlamaEmbeddingGenerator(serviceKey);
    }

    private static string Name(object serviceKey)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        return serviceKey.ToString() ?? Options.Options.DefaultName;
    }

    private static OptionsBuilder<LlamaEmbeddingGeneratorOptions> AddOptions(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LlamaEmbeddingGeneratorOptions>, LlamaEmbeddingGeneratorOptionsValidator>());
        return services.AddOptions<LlamaEmbeddingGeneratorOptions>(name).ValidateOnStart();
    }

    private static LlamaEmbeddingGenerator Create(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<LlamaEmbeddingGeneratorOptions>>().Get(name),
        provider.GetService<ILogger<LlamaEmbeddingGenerator>>(),
        CancellationToken.None);
}
