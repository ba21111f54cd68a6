namespace CurKv.Connector.Tests.ArchitectureRules;

/// <summary>That a folder names types of another.</summary>
/// <param name="From">The folder, as <c>docs/architecture.md</c> writes it.</param>
/// <param name="To">What it names: a folder of the same project, or another project.</param>
internal sealed record Arrow(string From, string To)
{
    public override string ToString() => $"{From} → {To}";
}
