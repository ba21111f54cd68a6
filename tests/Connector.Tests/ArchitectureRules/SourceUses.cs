using System.Text.RegularExpressions;

namespace CurKv.Connector.Tests.ArchitectureRules;

/// <summary>The types that sources name and compiled code does not show: <c>nameof</c> and constants. What comments name does not count.</summary>
internal static partial class SourceUses
{
    /// <param name="folder">A project's folder.</param>
    /// <param name="types">Each namespace's types.</param>
    public static IEnumerable<TypeUse> Of(string folder, ILookup<string, string> types)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            string text = Comment().Replace(File.ReadAllText(file), string.Empty);
            string space = Namespace().Match(text).Groups[1].Value;
            string user = Path.GetFileNameWithoutExtension(file);
            HashSet<string> words = [.. Word().Matches(Using().Replace(text, string.Empty)).Select(match => match.Value)];
            HashSet<string> named = [.. NameOf().Matches(text).Select(match => match.Groups[1].Value)];

            // A using line is there for types that the file names; a parent's types need none.
            IEnumerable<TypeUse> imported = from used in Using().Matches(text).Select(match => match.Groups[1].Value)
                                            from type in types[used].Where(words.Contains)
                                            select new TypeUse(space, user, used, type);
            IEnumerable<TypeUse> inherited = from parent in Parents(space)
                                             from type in types[parent].Where(named.Contains)
                                             select new TypeUse(space, user, parent, type);
            foreach (TypeUse use in imported.Concat(inherited))
            {
                yield return use;
            }
        }
    }

    private static IEnumerable<string> Parents(string space)
    {
        for (int end = space.LastIndexOf('.'); end > 0; end = space.LastIndexOf('.', end - 1))
        {
            yield return space[..end];
        }
    }

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"nameof\((\w+)")]
    private static partial Regex NameOf();
}
