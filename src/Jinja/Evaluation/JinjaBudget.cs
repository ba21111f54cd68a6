using System.Runtime.CompilerServices;

namespace CurKv.Jinja.Evaluation;

/// <summary>Counts what a rendering uses up, and stops it at the limits. Not thread-safe.</summary>
/// <param name="limits">The limits.</param>
internal sealed class JinjaBudget(JinjaLimits limits)
{
    // Searching a text is that much cheaper than evaluating an expression.
    private const int CharactersPerStep = 64;
    private const int ComparisonsPerStep = 1024;

    private long _steps;
    private long _characters;
    private int _depth;

    /// <summary>Takes steps.</summary>
    public void Step(long count = 1)
    {
        if ((_steps += count) > limits.Steps)
        {
            throw Reached(nameof(JinjaLimits.Steps), limits.Steps);
        }
    }

    /// <summary>Goes one level deeper. An exception ends the rendering, so <see cref="Leave"/> need not be called then.</summary>
    public void Enter()
    {
        if (++_depth > limits.Depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Reached(nameof(JinjaLimits.Depth), limits.Depth);
        }
    }

    /// <summary>Comes back up.</summary>
    public void Leave() => _depth--;

    /// <summary>Looks through a text.</summary>
    public void Scan(int characters) => Step(characters / CharactersPerStep);

    /// <summary>Searches a text for a part: at worst, the part is compared wherever it could stand.</summary>
    public void Search(int characters, int part) =>
        Step((characters / CharactersPerStep) + ((long)characters * Math.Min(part, Math.Max(characters - part, 0)) / ComparisonsPerStep));

    /// <summary>Makes characters.</summary>
    /// <param name="count">How many.</param>
    /// <param name="length">How long the string is then.</param>
    /// <param name="maximum">How long the output may be, where it is the output.</param>
    public void Characters(int count, long length, int? maximum = null)
    {
        if (length > (maximum ?? limits.StringCharacters))
        {
            throw maximum is null ? Reached(nameof(JinjaLimits.StringCharacters), limits.StringCharacters) : Reached(nameof(JinjaLimits.OutputCharacters), maximum.Value);
        }

        if ((_characters += count) > limits.TotalCharacters)
        {
            throw Reached(nameof(JinjaLimits.TotalCharacters), limits.TotalCharacters);
        }
    }

    /// <summary>Makes a string of this length.</summary>
    public void Characters(int length) => Characters(length, length);

    /// <summary>Makes a list of this length, or looks through it.</summary>
    public void Items(long count)
    {
        if (count > limits.Items)
        {
            throw Reached(nameof(JinjaLimits.Items), limits.Items);
        }

        Step(count);
    }

    /// <summary>Adds one item to a list, which is this long then.</summary>
    public void Item(int length)
    {
        if (length > limits.Items)
        {
            throw Reached(nameof(JinjaLimits.Items), limits.Items);
        }

        Step();
    }

    /// <summary>Makes an integer of this many bits.</summary>
    public void Bits(long count)
    {
        if (count > limits.IntegerBits)
        {
            throw Reached(nameof(JinjaLimits.IntegerBits), limits.IntegerBits);
        }
    }

    private static JinjaException Reached(string limit, long value) => new($"The template goes beyond the limit {nameof(JinjaLimits)}.{limit} of {value}.");
}
