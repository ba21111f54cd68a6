namespace CurKv.KvPolicy.Naming;

/// <summary>One <c>name=value</c> of a policy.</summary>
/// <param name="Name">The argument's name.</param>
/// <param name="Position">Where the name begins.</param>
/// <param name="Value">The value's text.</param>
/// <param name="ValuePosition">Where the value begins.</param>
internal sealed record KvPolicyArgument(string Name, int Position, string Value, int ValuePosition);
