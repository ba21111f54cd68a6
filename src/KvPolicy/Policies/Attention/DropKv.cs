using System.Numerics.Tensors;
using CurKv.KvPolicy.Kernels;

namespace CurKv.KvPolicy.Policies.Attention;

/// <summary>
/// Keeps the tokens whose loss would move the outputs of the prompt's last queries furthest:
/// <c>Σᵢ (pᵢⱼ/(1−pᵢⱼ))²·‖vⱼ − oᵢ‖²</c>, the exact squared error of dropping one token alone.
/// </summary>
/// <remarks>
/// <para>
/// <c>oᵢ</c> is query i's output; <c>1 − p</c> is at least 1e-6; the mean over the query heads that share a KV head is taken. The
/// window's own tokens score positive infinity and are kept as far as the budget reaches. Like <see cref="SnapKv"/> the policy sees
/// what the prompt's end asks for.
/// </para>
/// <para>
/// Costs about twice as much as <see cref="SnapKv"/>. A token whose key or value holds NaN or an infinity is evicted first, and
/// the probabilities are those without it. Instances are immutable and safe to use from several threads.
/// </para>
/// </remarks>
public sealed class DropKv : IKvPolicy
{
    internal const int DefaultWindow = ObservedWindow.DefaultRows;

    /// <summary>Creates the policy.</summary>
    /// <param name="window">
    /// How many of the prompt's last queries look back, 1 to 4096; 64 by default. Fewer where the prompt is shorter.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The window is not in its range.</exception>
    public DropKv(int window = DefaultWindow)
    {
        Window = ObservedWindow.Check(window);
        Name = KvPolicyText.Call("dropkv", KvPolicyText.Argument("window", window, DefaultWindow));
    }

    /// <summary>How many of the prompt's last queries look back.</summary>
    /// <value>64 by default.</value>
    public int Window { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.Keys | KvPolicyInputs.Values | KvPolicyInputs.WindowQueries;

    /// <inheritdoc/>
    public int QueryWindow => Window;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The layer comes without queries.</exception>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        int rows = ObservedWindow.Rows(layer, Window);
        LeaveOneOutErrors.Compute(layer.Keys, layer.Values, layer.Queries, rows, scores);
        TensorPrimitives.Divide(scores, layer.Queries.Heads / layer.Heads, scores);
        ObservedWindow.Protect(layer, rows, scores);
    }
}
