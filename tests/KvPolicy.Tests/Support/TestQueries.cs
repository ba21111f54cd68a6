using CurKv.KvPolicy.Cache;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Queries of a prompt's last tokens.</summary>
internal static class TestQueries
{
    /// <summary>The last queries of <c>[query heads][tokens][head dimension]</c>.</summary>
    public static KvQueries Of(float[][][] rows, int window) =>
        new(rows.SelectMany(head => head[^window..]).SelectMany(row => row).ToArray(), rows.Length, window, rows[0][0].Length);

    public static KvQueries Random(int heads, int window, int headDimension, int seed) =>
        Of(Scoring.Rows(heads, window, headDimension, seed), window);
}
