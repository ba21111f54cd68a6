namespace CurKv.Grammar.Schema;

/// <summary>A declared property.</summary>
/// <param name="Rule">The rule of its name, the colon and its value.</param>
/// <param name="IsRequired">Whether no object may lack it.</param>
internal readonly record struct ObjectMember(string Rule, bool IsRequired);
