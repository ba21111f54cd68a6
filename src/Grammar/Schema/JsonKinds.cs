namespace CurKv.Grammar.Schema;

/// <summary>Kinds of JSON values; a number is whole or has a fraction.</summary>
[Flags]
internal enum JsonKinds
{
    /// <summary>No value.</summary>
    None = 0,

    /// <summary>The null value.</summary>
    Null = 1,

    /// <summary>True and false.</summary>
    Boolean = 2,

    /// <summary>Whole numbers.</summary>
    Integer = 4,

    /// <summary>Numbers that are not whole.</summary>
    Fraction = 8,

    /// <summary>Strings.</summary>
    String = 16,

    /// <summary>Arrays.</summary>
    Array = 32,

    /// <summary>Objects.</summary>
    Object = 64,

    /// <summary>All numbers.</summary>
    Number = Integer | Fraction,

    /// <summary>Any value.</summary>
    All = Null | Boolean | Number | String | Array | Object,
}
