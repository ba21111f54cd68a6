using CurKv.Connector.Chat;
using CurKv.Connector.Embeddings;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds <see cref="LlamaChatClient"/> and <see cref="LlamaEmbeddingGenerator"/> to a container.</summary>
/// <remarks>
/// Both are singletons: they hold a model, and the client its cache. Options are validated when the host starts, the files that they name
/// included; the model is loaded when its client or generator is first resolved. An own <see cref="IKvPolicy"/> that is registered as a singleton can be named in
/// <see cref="KvCompressionOptions.Policy"/>, alone or in a composition.
/// </remarks>
public static partial class LlamaServiceCollectionExtensions
{
    /// <summary>Adds a client whose options are configured elsewhere.</summary>
    /// <param name="services">The container.</param>
    /// <returns>A builder that puts further clients around this one.</returns>
    public static ChatClientBuilder AddLlamaChatClient(this IServiceCollection services)
    {
        AddOptions(services, Options.Options.DefaultName);
        return services.AddChatClient(provider => Create(provider, Options.Options.DefaultName));
    }

    /// <summary>Adds a client.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets the options; at least <see cref="LlamaChatClientOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further clients around this one.</returns>
    public static ChatClientBuilder AddLlamaChatClient(this IServiceCollection services, Action<LlamaChatClientOptions> configure)
    {
        AddOptions(services, Options.Options.DefaultName).Configure(configure);
        return services.AddLlamaChatClient();
    }

    /// <summary>Adds a client.</summary>
    /// <param name="services">The container.</param>
    /// <param name="section">Holds the options; at least <see cref="LlamaChatClientOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further clients around this one.</returns>
    public static ChatClientBuilder AddLlamaChatClient(this IServiceCollection services, IConfigurationSection section)
    {
        AddOptions(services, Options.Options.DefaultName).Bind(section);
        return services.AddLlamaChatClient();
    }

    /// <summary>Adds a client under a key, whose options are configured elsewhere under the key's name.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key; its text is the options' name.</param>
    /// <returns>A builder that puts further clients around this one.</returns>
    public static ChatClientBuilder AddKeyedLlamaChatClient(this IServiceCollection services, object serviceKey)
    {
        string name = Name(serviceKey);
        AddOptions(services, name);
        return services.AddKeyedChatClient(serviceKey, provider => Create(provider, name));
    }

    /// <summary>Adds a client under a key.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="configure">Sets the options; at least <see cref="LlamaChatClientOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further clients around this one.</returns>
    public static ChatClientBuilder AddKeyedLlamaChatClient(this IServiceCollection services, object serviceKey, Action<LlamaChatClientOptions> configure)
    {
        AddOptions(services, Name(serviceKey)).Configure(configure);
        return services.AddKeyedLlamaChatClient(serviceKey);
    }

    /// <summary>Adds a client under a key.</summary>
    /// <param name="services">The container.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="section">Holds the options; at least <see cref="LlamaChatClientOptions.ModelPath"/>.</param>
    /// <returns>A builder that puts further clients around this one.</returns>
    public static ChatClientBuilder AddKeyedLlamaChatClient(this IServiceCollection services, object serviceKey, IConfigurationSection section)
    {
        AddOptions(services, Name(serviceKey)).Bind(section);
        return services.AddKeyedLlamaChatClient(serviceKey);
    }

    private static string Name(object serviceKey)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        return serviceKey.ToString() ?? Options.Options.DefaultName;
    }

    private static OptionsBuilder<LlamaChatClientOptions> AddOptions(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => new KvPolicyCatalog(provider.GetServices<IKvPolicy>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LlamaChatClientOptions>, LlamaChatClientOptionsValidator>());
        return services.AddOptions<LlamaChatClientOptions>(name).ValidateOnStart();
    }

    private static LlamaChatClient Create(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<LlamaChatClientOptions>>().Get(name),
        provider.GetRequiredService<KvPolicyCatalog>(),
        provider.GetService<ILogger<LlamaChatClient>>(),
        progress: null,
        CancellationToken.None);
}
