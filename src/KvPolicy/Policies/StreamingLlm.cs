namespace CurKv.KvPolicy.Policies;

/// <summary>Keeps the attention sinks and the most recent tokens (StreamingLLM, arXiv 2309.17453).</summary>
/// <remarks>Reads nothing of the cache. Instances are immutable and safe to use from several threads.</remarks>
public sealed class StreamingLlm : IKvPolicy
{
    // Age lowers the score by so little that it stays a 1, yet every step is exact in a float: where protected ranges use up
    // part of the budget, the newest tokens of the window win.
    private const float AgeStep = 1f / (1 << 24);

    /// <inheritdoc/>
    public string Name => "streaming";

    /// <inheritdoc/>
    public KvPolicyInputs Inputs => KvPolicyInputs.None;

    /// <inheritdoc/>
    public void Score(in KvLayer layer, Span<float> scores)
    {
        Span<float> first = scores[..layer.Tokens];
        int window = Math.Clamp(layer.Budget - layer.Sinks, 0, layer.Tokens);
        first.Clear();
        for (int age = 0; age < window; age++)
        {
            first[^(age + 1)] = 1 - (age * AgeStep);
        }

        first[..Math.Min(layer.Sinks, layer.Tokens)].Fill(1);
        for (int head = 1; head < layer.Heads; head++)
        {
            first.CopyTo(scores[(head * layer.Tokens)..]);
        }
    }
}
