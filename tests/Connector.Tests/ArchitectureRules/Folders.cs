namespace CurKv.Connector.Tests.ArchitectureRules;

/// <summary>Namespaces as folders: those of the connector by themselves, those of other projects behind the project's name.</summary>
internal static class Folders
{
    private const string Own = "CurKv.";
    private const string Connector = "Connector";

    // What lies at their roots, such as errors, is there for every folder.
    private static readonly string[] Shared = [Connector, "KvPolicy"];

    // An interpreter, its values and its syntax name each other.
    private static readonly string[] Whole = ["Jinja"];

    /// <summary>The folder of a namespace; null where it is not the repository's.</summary>
    public static string? Of(string space)
    {
        if (space == "Microsoft.Extensions.DependencyInjection")
        {
            return "DependencyInjection";
        }

        if (!space.StartsWith(Own, StringComparison.Ordinal))
        {
            return null;
        }

        string path = space[Own.Length..].Replace('.', '/');
        return Whole.Contains(Project(path)) ? Project(path)
            : path.StartsWith($"{Connector}/", StringComparison.Ordinal) ? path[(Connector.Length + 1)..]
            : path;
    }

    /// <summary>The arrow from one namespace to another; null where there is none, or it need not be listed.</summary>
    public static Arrow? Between(string fromSpace, string toSpace)
    {
        if (!toSpace.StartsWith(Own, StringComparison.Ordinal) || Of(fromSpace) is not { } from || Of(toSpace) is not { } to || from == to)
        {
            return null;
        }

        string fromProject = fromSpace.StartsWith(Own, StringComparison.Ordinal) ? ProjectOf(fromSpace) : Connector;
        return fromProject != ProjectOf(toSpace) ? new Arrow(from, ProjectOf(toSpace))
            : Shared.Contains(to) ? null
            : new Arrow(from, to);
    }

    private static string ProjectOf(string space) => Project(space[Own.Length..].Replace('.', '/'));

    private static string Project(string path) => path.Split('/')[0];
}
