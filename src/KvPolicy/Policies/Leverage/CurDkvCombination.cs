namespace CurKv.KvPolicy.Policies.Leverage;

/// <summary>How <see cref="CurDkv"/> joins a token's weight among the keys with its weight among the values.</summary>
public enum CurDkvCombination
{
    /// <summary>Their product.</summary>
    Product,

    /// <summary>The key's weight alone; values are not read.</summary>
    Key,

    /// <summary>The value's weight alone; keys are not read.</summary>
    Value,

    /// <summary>Their mean.</summary>
    Mean,
}
