namespace CurKv.Jinja.Values;

/// <summary>A call's arguments.</summary>
/// <param name="Positional">Those without a name.</param>
/// <param name="Named">Those with a name, in their order.</param>
internal sealed record JinjaArguments(List<JinjaValue> Positional, OrderedDictionary<string, JinjaValue> Named)
{
    /// <summary>No arguments.</summary>
    public static JinjaArguments None { get; } = new([], []);

    /// <summary>The arguments of a function with these parameters.</summary>
    /// <returns>One value for each parameter; null where it is not given.</returns>
    /// <exception cref="JinjaException">There are too many arguments, or one that the function does not know.</exception>
    public JinjaValue?[] Bind(params ReadOnlySpan<string> parameters)
    {
        JinjaValue?[] values = new JinjaValue?[parameters.Length];
        if (Positional.Count > values.Length)
        {
            throw new JinjaException($"{Positional.Count} arguments are given where {values.Length} are taken at most.");
        }

        Positional.CopyTo(values!);
        foreach ((string name, JinjaValue value) in Named)
        {
            int index = parameters.IndexOf(name);
            if (index < 0 || values[index] is not null)
            {
                throw new JinjaException(index < 0 ? $"There is no argument '{name}'." : $"The argument '{name}' is given twice.");
            }

            values[index] = value;
        }

        return values;
    }

    /// <summary>The arguments without the first ones.</summary>
    public JinjaArguments Skip(int count) => new([.. Positional.Skip(count)], Named);
}
