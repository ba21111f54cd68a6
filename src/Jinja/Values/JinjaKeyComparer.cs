using CurKv.Jinja.Evaluation;

namespace CurKv.Jinja.Values;

/// <summary>Compares dictionaries' keys: strings and numbers by value, all else by identity.</summary>
internal sealed class JinjaKeyComparer : IEqualityComparer<JinjaValue>
{
    private JinjaKeyComparer()
    {
    }

    /// <summary>The only one.</summary>
    public static JinjaKeyComparer Instance { get; } = new();

    /// <summary>Whether a value may be a key.</summary>
    public static bool IsHashable(JinjaValue key) => key is JinjaString or JinjaInteger or JinjaFloat or JinjaBoolean or JinjaNone;

    /// <inheritdoc/>
    public bool Equals(JinjaValue? x, JinjaValue? y) => (x, y) switch
    {
        (JinjaString left, JinjaString right) => left.Text == right.Text,
        ({ } left, { } right) when JinjaNumbers.IsNumber(left) && JinjaNumbers.IsNumber(right) => JinjaNumbers.Compare(left, right) == 0,
        _ => ReferenceEquals(x, y),
    };

    /// <inheritdoc/>
    public int GetHashCode(JinjaValue obj) => obj switch
    {
        JinjaString text => text.Text.GetHashCode(StringComparison.Ordinal),
        JinjaNone => 0,
        _ => JinjaNumbers.ToDouble(obj).GetHashCode(),
    };
}
