namespace CurKv.Docs.Tests;

/// <summary>What is wrong with a document. xunit would show the beginning of each line only.</summary>
internal static class Problems
{
    public static void AssertNone(IEnumerable<string> problems)
    {
        string all = string.Join('\n', problems);
        Assert.True(all.Length == 0, all);
    }
}
