namespace CurKv.Connector.Tests.Models;

/// <summary>The tensors and numbers of a Mamba layer. llama.cpp wants the inner size to be twice the embedding.</summary>
internal sealed record MambaLayer(int Embedding)
{
    private const int State = 16;
    private const int TimeStepRank = 8;
    private const int Convolution = 4;

    private int Inner => 2 * Embedding;

    /// <summary>The tensors of one layer.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="norms">Whether the step and both projections are normalised, as Jamba's are.</param>
    public IEnumerable<(string Name, int[] Shape)> Tensors(int layer, bool norms)
    {
        yield return ($"blk.{layer}.ssm_in.weight", [2 * Inner, Embedding]);
        yield return ($"blk.{layer}.ssm_conv1d.weight", [Inner, Convolution]);
        yield return ($"blk.{layer}.ssm_conv1d.bias", [Inner]);
        yield return ($"blk.{layer}.ssm_x.weight", [TimeStepRank + (2 * State), Inner]);
        yield return ($"blk.{layer}.ssm_dt.weight", [Inner, TimeStepRank]);
        yield return ($"blk.{layer}.ssm_dt.bias", [Inner]);
        yield return ($"blk.{layer}.ssm_a", [Inner, State]);
        yield return ($"blk.{layer}.ssm_d", [Inner]);
        yield return ($"blk.{layer}.ssm_out.weight", [Embedding, Inner]);
        if (norms)
        {
            yield return ($"blk.{layer}.ssm_dt_norm.weight", [TimeStepRank]);
            yield return ($"blk.{layer}.ssm_b_norm.weight", [State]);
            yield return ($"blk.{layer}.ssm_c_norm.weight", [State]);
        }
    }

    /// <summary>Adds the sizes.</summary>
    public void Describe(GgufWriter gguf)
    {
        gguf.Number("ssm.conv_kernel", Convolution);
        gguf.Number("ssm.inner_size", Inner);
        gguf.Number("ssm.state_size", State);
        gguf.Number("ssm.time_step_rank", TimeStepRank);
    }
}
