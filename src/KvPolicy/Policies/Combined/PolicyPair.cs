using System.Buffers;

namespace CurKv.KvPolicy.Policies.Combined;

/// <summary>Two policies scored one after the other and joined token by token.</summary>
/// <remarks>
/// The name is the pair as configuration spells it, with parentheses where an operand binds less tightly: <c>|</c> binds least, then
/// <c>+</c>, then <c>*</c>, and each groups to the left. Instances are immutable and safe to use from several threads if both
/// policies are.
/// </remarks>
public abstract class PolicyPair : IKvPolicy
{
    private const string Operators = "|+*";

    private readonly int _precedence;

    private protected PolicyPair(IKvPolicy first, char symbol, IKvPolicy second, string factor = "")
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        _precedence = Operators.IndexOf(symbol, StringComparison.Ordinal);
        First = first;
        Second = second;
        Name = Operand(first, _precedence) + symbol + factor + Operand(second, _precedence + 1);
    }

    /// <summary>The left operand.</summary>
    public IKvPolicy First { get; }

    /// <summary>The right operand.</summary>
    public IKvPolicy Second { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    /// <value>What either policy reads.</value>
    public KvPolicyInputs Inputs => First.Inputs | Second.Inputs;

    /// <inheritdoc/>
    /// <value>The larger of the two policies' windows.</value>
    public int QueryWindow => Math.Max(First.QueryWindow, Second.QueryWindow);

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(scores.Length);
        Span<float> others = buffer.AsSpan(0, scores.Length);
        First.Score(layer, scores);
        Second.Score(layer, others);
        for (int head = 0; head < layer.Heads; head++)
        {
            Join(scores.Slice(head * layer.Tokens, layer.Tokens), others.Slice(head * layer.Tokens, layer.Tokens));
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Joins one head's scores.</summary>
    /// <param name="scores">The first policy's; receives the result.</param>
    /// <param name="others">The second policy's; may be written over.</param>
    private protected abstract void Join(Span<float> scores, Span<float> others);

    private static string Operand(IKvPolicy policy, int least) =>
        policy is PolicyPair pair && pair._precedence < least ? $"({policy.Name})" : policy.Name;
}
