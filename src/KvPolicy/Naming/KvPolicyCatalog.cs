using System.Diagnostics.CodeAnalysis;
using CurKv.KvPolicy.Policies;
using CurKv.KvPolicy.Policies.Attention;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;

namespace CurKv.KvPolicy.Naming;

/// <summary>Policies by name, for configuration and command lines: <c>curdkv</c>, <c>chunk(snapkv,size=10)</c>, <c>snapkv+curdkv</c>.</summary>
/// <remarks>
/// <para>
/// Names may be joined and given arguments:
/// <code>
/// union     = sum { "|" sum }
/// sum       = product { "+" [ number "*" ] product }
/// product   = factor { "*" factor }
/// factor    = name [ "(" arguments ")" ] | "(" union ")"
/// arguments = argument { "," argument }
/// argument  = union | name "=" value
/// name      = letter { letter | digit | "-" }
/// number    = digit { digit | "." | "e" | "-" }
/// value     = ( letter | digit | "-" | "." ) { letter | digit | "-" | "." }
/// </code>
/// <c>*</c> is <see cref="PolicyProduct"/>, <c>+</c> <see cref="PolicySum"/> and <c>|</c> <see cref="PolicyUnion"/>; each groups from the
/// left. Letters are those of ASCII, in upper or lower case, which makes no difference; white space may stand between any two
/// symbols. A policy's own policy is its first argument; named arguments come in any order. A value is a number with a decimal
/// point, <c>true</c> or <c>false</c>, or a word. A name holds at most 200 signs.
/// </para>
/// <para>
/// The names and their arguments:
/// <list type="table">
/// <item><term><c>curdkv(value=0.25,combine=product)</c></term><description><see cref="CurDkvVariant.Centred"/>; <c>value</c> is <see cref="CurDkvOptions.ValueExponent"/>, and <c>combine</c> is <c>product</c>, <c>key</c>, <c>value</c> or <c>mean</c>.</description></item>
/// <item><term><c>curdkv-norms(combine=product)</c></term><description><see cref="CurDkvVariant.Norms"/>.</description></item>
/// <item><term><c>curdkv-sketch(columns=20,seed=0,combine=product)</c></term><description><see cref="CurDkvVariant.Sketch"/>.</description></item>
/// <item><term><c>curdkv-local(window=16,divide=mean,partial=last,combine=product)</c></term><description><see cref="CurDkvVariant.LocalNorms"/>. <c>divide=sum</c> is <see cref="CurDkvWindow.KvPress"/>; with <c>partial=first</c> it is <see cref="CurDkvWindow.Authors"/>.</description></item>
/// <item><term><c>curdkv-exact(combine=product)</c></term><description><see cref="CurDkvVariant.Exact"/>.</description></item>
/// <item><term><c>adacurdkv</c></term><description>Short for <c>adaptive(curdkv)</c>.</description></item>
/// <item><term><c>snapkv(window=64,pool=5,pooling=average)</c></term><description><see cref="SnapKv"/>; <c>pooling</c> is <c>average</c> or <c>max</c>.</description></item>
/// <item><term><c>cursnap</c></term><description>Short for <c>snapkv*curdkv-local</c>.</description></item>
/// <item><term><c>dropkv(window=64)</c></term><description><see cref="DropKv"/>.</description></item>
/// <item><term><c>tova</c></term><description><see cref="Tova"/>.</description></item>
/// <item><term><c>kvzip</c></term><description><see cref="KvZip"/>.</description></item>
/// <item><term><c>value</c></term><description><see cref="ValueNorm"/>.</description></item>
/// <item><term><c>keydiff</c></term><description><see cref="KeyDiff"/>.</description></item>
/// <item><term><c>keynorm</c></term><description><see cref="KeyNorm"/>.</description></item>
/// <item><term><c>lagkv(lag=128,crossed=false)</c></term><description><see cref="LagKv"/>.</description></item>
/// <item><term><c>streaming</c></term><description><see cref="StreamingLlm"/>.</description></item>
/// <item><term><c>random(seed=0)</c></term><description><see cref="RandomTokens"/>.</description></item>
/// <item><term><c>chunk(policy,size=20)</c></term><description><see cref="ChunkKv"/>.</description></item>
/// <item><term><c>pool(policy,size=9)</c></term><description><see cref="PooledPolicy"/>.</description></item>
/// <item><term><c>adaptive(policy,safeguard=0.2)</c></term><description><see cref="AdaKv"/>.</description></item>
/// <item><term><c>critical(policy,first=0.5)</c></term><description><see cref="CriticalKv"/>.</description></item>
/// </list>
/// </para>
/// Instances are immutable and safe to use from several threads.
/// </remarks>
public sealed class KvPolicyCatalog
{
    private readonly OrderedDictionary<string, KvPolicyDefinition> _definitions;

    /// <summary>Creates a catalog of the library's policies and one's own.</summary>
    /// <param name="own">
    /// Policies to be found under their <see cref="IKvPolicy.Name"/>, which has to be a name of the grammar that is not taken; null
    /// for none. Each use of the name is the same instance.
    /// </param>
    /// <exception cref="ArgumentException">A policy of <paramref name="own"/> is null, or its name is none or is taken.</exception>
    public KvPolicyCatalog(IEnumerable<IKvPolicy>? own = null)
    {
        var definitions = new OrderedDictionary<string, KvPolicyDefinition>(StringComparer.OrdinalIgnoreCase);
        foreach (KvPolicyDefinition definition in BuiltInPolicies.All)
        {
            definitions.Add(definition.Name, definition);
        }

        foreach (IKvPolicy policy in own ?? [])
        {
            string name = policy?.Name ?? throw new ArgumentException("One of the policies, or its name, is null. Leave it out.", nameof(own));
            if (!KvPolicyParser.IsName(name))
            {
                throw new ArgumentException($"\"{name}\" cannot be a policy's name. Begin it with a letter of a to z, and go on with letters, digits and hyphens.", nameof(own));
            }

            if (!definitions.TryAdd(name, new KvPolicyDefinition(name, TakesPolicy: false, _ => policy)))
            {
                throw new ArgumentException($"There is already a policy \"{definitions[name].Name}\". Give yours another name.", nameof(own));
            }
        }

        Names = [.. definitions.Values.Where(definition => !definition.TakesPolicy).Select(definition => definition.Name)];
        _definitions = definitions;
    }

    /// <summary>The library's policies.</summary>
    public static KvPolicyCatalog Default { get; } = new();

    /// <summary>The names that stand for a policy by themselves: the library's, without those that need a policy in brackets, then one's own.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Creates the policy of a name.</summary>
    /// <param name="name">A name of <see cref="Names"/>, or several with arguments and operators.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    /// <exception cref="KvPolicyNameException">It names no policy, or one with arguments that it does not take.</exception>
    public IKvPolicy Create(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return KvPolicyParser.Parse(name, _definitions);
    }

    /// <summary>Creates the policy of a name, or says why there is none.</summary>
    /// <param name="name">A name of <see cref="Names"/>, or several with arguments and operators.</param>
    /// <param name="policy">The policy; null where there is none.</param>
    /// <param name="error">What is wrong with the name; null where nothing is.</param>
    /// <returns>Whether there is a policy.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    public bool TryCreate(string name, [NotNullWhen(true)] out IKvPolicy? policy, [NotNullWhen(false)] out KvPolicyNameException? error)
    {
        try
        {
            (policy, error) = (Create(name), null);
            return true;
        }
        catch (KvPolicyNameException e)
        {
            (policy, error) = (null, e);
            return false;
        }
    }
}
