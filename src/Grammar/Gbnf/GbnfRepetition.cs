using System.Globalization;

namespace CurKv.Grammar.Gbnf;

/// <summary>Writes repetitions that llama.cpp accepts, whatever their counts.</summary>
/// <remarks>
/// llama.cpp refuses 2000 repetitions and more (MAX_REPETITION_THRESHOLD in llama-grammar.cpp) and reads a larger maximum as none. Larger
/// counts are written in blocks, so that at most two ways through them are open at any time.
/// </remarks>
internal static class GbnfRepetition
{
    private const long Block = 1000;

    /// <summary>An item several times.</summary>
    /// <param name="grammar">Where rules for blocks go.</param>
    /// <param name="item">A rule's name, a literal or a class: one symbol.</param>
    /// <param name="minimum">At least so many times.</param>
    /// <param name="maximum">At most so many times, no less; <see langword="null"/>: any number.</param>
    /// <returns>A sequence, or nothing where the maximum is 0.</returns>
    public static string Of(GbnfBuilder grammar, string item, long minimum, long? maximum)
    {
        if (maximum <= Block || (maximum is null && minimum <= Block))
        {
            return Direct(item, minimum, maximum);
        }

        string optional = maximum is null ? item + "*" : UpTo(grammar, item, maximum.Value - minimum);
        return string.Join(' ', new[] { Exactly(grammar, item, minimum), optional }.Where(part => part.Length > 0));
    }

    private static string Direct(string item, long minimum, long? maximum) => (minimum, maximum) switch
    {
        (_, 0) => string.Empty,
        (0, 1) => item + "?",
        (0, null) => item + "*",
        (1, null) => item + "+",
        (1, 1) => item,
        (_, null) => string.Create(CultureInfo.InvariantCulture, $"{item}{{{minimum},}}"),
        _ when minimum == maximum => string.Create(CultureInfo.InvariantCulture, $"{item}{{{minimum}}}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{item}{{{minimum},{maximum}}}"),
    };

    private static string Exactly(GbnfBuilder grammar, string item, long count)
    {
        if (count <= Block)
        {
            return Direct(item, count, count);
        }

        string blocks = Exactly(grammar, AddBlock(grammar, item), count / Block);
        return count % Block == 0 ? blocks : $"{blocks} {Direct(item, count % Block, count % Block)}";
    }

    private static string UpTo(GbnfBuilder grammar, string item, long count)
    {
        if (count <= Block)
        {
            return Direct(item, 0, count);
        }

        // Whole blocks and less than one more; or all blocks and what then remains.
        string block = AddBlock(grammar, item);
        (long blocks, long rest) = Math.DivRem(count, Block);
        string fewer = $"{UpTo(grammar, block, blocks - 1)} {Direct(item, 0, Block - 1)}".Trim();
        string all = $"{Exactly(grammar, block, blocks)} {Direct(item, 0, rest)}".Trim();
        return grammar.Add("up-to", $"{fewer} | {all}");
    }

    private static string AddBlock(GbnfBuilder grammar, string item) =>
        grammar.Add("block", Direct(item, Block, Block));
}
