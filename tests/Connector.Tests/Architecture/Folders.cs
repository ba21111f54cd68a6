namespace CurKv.Connector.Tests.Architecture;

/// <summary>Namespaces as folders: those of the connector by themselves, those of other projects behind the project's name.</summary>
internal static class Folders
{
    /// <summary>The connector's root: errors and reports, which every folder may name.</summary>
    public const string Shared = "Connector";

    private const string Own = "CurKv.";

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
            : path.StartsWith($"{Shared}/", StringComparison.Ordinal) ? path[(Shared.Length + 1)..]
            : path;
    }

    /// <summary>The arrow from one namespace to another; null where there is none, or it need not be listed.</summary>
    public static Arrow? Between(string fromSpace, string toSpace)
    {
        if (!toSpace.StartsWith(Own, StringComparison.Ordinal) || Of(fromSpace) is not { } from || Of(toSpace) is not { } to || to is Shared || from == to)
        {
            return null;
        }

        bool isWithin = fromSpace.StartsWith(Own, StringComparison.Ordinal) ? ProjectOf(fromSpace) == ProjectOf(toSpace) : ProjectOf(toSpace) == Shared;
        return new Arrow(from, isWithin ? to : ProjectOf(toSpace));
    }

    private static string ProjectOf(string space) => Project(space[Own.Length..].Replace('.', '/'));

    private static string Project(string path) => path.Split('/')[0];
}
