namespace CurKv.Connector.Tests.ArchitectureRules;

/// <summary>That a type names another.</summary>
/// <param name="FromSpace">The type's namespace.</param>
/// <param name="From">The type.</param>
/// <param name="ToSpace">The other's namespace.</param>
/// <param name="To">The other type.</param>
internal sealed record TypeUse(string FromSpace, string From, string ToSpace, string To)
{
    public override string ToString() => $"{From} names {To}";
}
