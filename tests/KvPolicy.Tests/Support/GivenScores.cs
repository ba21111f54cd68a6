using CurKv.KvPolicy.Policies;

namespace CurKv.KvPolicy.Tests.Support;

/// <summary>Scores as given, <c>[heads][tokens]</c>, in every layer.</summary>
internal sealed class GivenScores(float[][] scores, string name = "given") : IKvPolicy
{
    public string Name => name;

    public KvPolicyInputs Inputs { get; init; }

    public int QueryWindow { get; init; }

    public void Score(in KvLayer layer, Span<float> target)
    {
        for (int head = 0; head < layer.Heads; head++)
        {
            scores[head].CopyTo(target[(head * layer.Tokens)..]);
        }
    }
}
