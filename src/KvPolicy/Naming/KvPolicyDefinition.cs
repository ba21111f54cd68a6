using CurKv.KvPolicy.Policies;

namespace CurKv.KvPolicy.Naming;

/// <summary>What stands behind one name of a catalog.</summary>
/// <param name="Name">The name.</param>
/// <param name="TakesPolicy">Whether the name means nothing without a policy in brackets.</param>
/// <param name="Create">Creates the policy. Reading an argument is what makes it known.</param>
internal sealed record KvPolicyDefinition(string Name, bool TakesPolicy, Func<KvPolicyArguments, IKvPolicy> Create)
{
    /// <summary>The name as a list of names shows it.</summary>
    public string Usage => TakesPolicy ? $"{Name}(…)" : Name;
}
