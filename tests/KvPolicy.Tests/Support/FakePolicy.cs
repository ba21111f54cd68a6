using CurKv.KvPolicy.Policies;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Scores with a callback.</summary>
internal sealed class FakePolicy(Func<int, int, int, float> score, KvPolicyInputs inputs = KvPolicyInputs.None) : IKvPolicy
{
    public string Name => "fake";

    public KvPolicyInputs Inputs => inputs;

    public int QueryWindow => inputs.HasFlag(KvPolicyInputs.WindowQueries) ? 4 : 0;

    public static FakePolicy ThatMustNotScore() => new((_, _, _) => throw new InvalidOperationException("Scored."));

    public void Score(in KvLayer layer, Span<float> scores)
    {
        for (int head = 0; head < layer.Heads; head++)
        {
            for (int token = 0; token < layer.Tokens; token++)
            {
                scores[(head * layer.Tokens) + token] = score(layer.Index, head, token);
            }
        }
    }
}
