using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.Tests.DependencyInjection;

/// <summary>A user's own policy.</summary>
internal sealed class EveryOther : IKvPolicy
{
    public string Name => "every-other";

    public KvPolicyInputs Inputs => KvPolicyInputs.None;

    public void Score(in KvLayer layer, Span<float> scores)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = i % 2;
        }
    }
}
