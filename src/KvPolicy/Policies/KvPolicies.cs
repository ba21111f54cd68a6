namespace CurKv.KvPolicy;

/// <summary>The policies by name, for configuration and command lines.</summary>
public static class KvPolicies
{
    private static readonly Dictionary<string, Func<IKvPolicy>> Factories = new(StringComparer.OrdinalIgnoreCase)
    {
        ["curdkv"] = () => new CurDkv(),
        ["curdkv-norms"] = () => new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.Norms }),
        ["curdkv-sketch"] = () => new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.Sketch }),
        ["curdkv-local"] = () => new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.LocalNorms }),
        ["curdkv-exact"] = () => new CurDkv(new CurDkvOptions { Variant = CurDkvVariant.Exact }),
        ["streaming"] = () => new StreamingLlm(),
        ["keynorm"] = () => new KeyNorm(),
        ["random"] = () => new RandomTokens(),
    };

    /// <summary>The known names; each is the <see cref="IKvPolicy.Name"/> of the policy that it creates.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Factories.Keys];

    /// <summary>Creates a policy with its default options.</summary>
    /// <param name="name">One of <see cref="All"/>, in upper or lower case.</param>
    /// <exception cref="ArgumentException">The name is not known; the message lists those that are.</exception>
    public static IKvPolicy Create(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Factories.TryGetValue(name, out Func<IKvPolicy>? create)
            ? create()
            : throw new ArgumentException(
                $"There is no policy '{name}'. Set the policy's name to one of: {string.Join(", ", All)}.", nameof(name));
    }
}
