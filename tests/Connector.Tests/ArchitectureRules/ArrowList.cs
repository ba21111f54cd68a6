namespace CurKv.Connector.Tests.ArchitectureRules;

/// <summary>The arrows that <c>docs/architecture.md</c> allows: lines such as <c>Chat → Templates, KvCache</c> in its block of arrows.</summary>
internal static class ArrowList
{
    public static HashSet<Arrow> Parse(string page)
    {
        string[] lines = page.ReplaceLineEndings("\n").Split('\n');
        int start = Array.IndexOf(lines, "```arrows");
        Assert.True(start >= 0, "The page has no block of arrows.");
        return [.. lines.Skip(start + 1).TakeWhile(line => line != "```").Where(line => line.Length > 0).SelectMany(Line)];
    }

    /// <summary>The folders of a circle; empty where there is none.</summary>
    public static IReadOnlyList<string> Circle(IEnumerable<Arrow> arrows)
    {
        ILookup<string, string> targets = arrows.ToLookup(arrow => arrow.From, arrow => arrow.To);
        HashSet<string> done = [];
        return [.. targets.Select(group => Search(group.Key, [])).FirstOrDefault(circle => circle.Count > 0) ?? []];

        List<string> Search(string folder, List<string> path)
        {
            int seen = path.IndexOf(folder);
            if (seen >= 0)
            {
                return [.. path[seen..], folder];
            }

            List<string> circle = done.Contains(folder)
                ? []
                : targets[folder].Select(target => Search(target, [.. path, folder])).FirstOrDefault(found => found.Count > 0) ?? [];
            done.Add(folder);
            return circle;
        }
    }

    private static IEnumerable<Arrow> Line(string line)
    {
        string[] sides = line.Split('→', StringSplitOptions.TrimEntries);
        Assert.True(sides.Length == 2, $"'{line}' is no line of arrows.");
        return sides[1].Split(',', StringSplitOptions.TrimEntries).Select(target => new Arrow(sides[0], target));
    }
}
