using System.Globalization;

namespace CurKv.KvPolicy.Policies;

/// <summary>Writes policies as <see cref="Naming.KvPolicyCatalog"/> reads them.</summary>
internal static class KvPolicyText
{
    /// <summary>A name with its arguments in brackets; those that are null are left out.</summary>
    public static string Call(string name, params IEnumerable<string?> arguments)
    {
        string list = string.Join(',', arguments.OfType<string>());
        return list.Length == 0 ? name : $"{name}({list})";
    }

    /// <summary>An argument with a number or a word; null where its value is the default.</summary>
    public static string? Argument<T>(string name, T value, T byDefault)
        where T : notnull => EqualityComparer<T>.Default.Equals(value, byDefault)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{name}={value}").ToLowerInvariant();
}
