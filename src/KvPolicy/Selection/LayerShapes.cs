using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Policies;

namespace CurKv.KvPolicy.Selection;

/// <summary>Checks that layers fit each other and carry what a policy reads.</summary>
internal static class LayerShapes
{
    public static void Check(IReadOnlyList<KvLayerTensors> layers, IKvPolicy policy)
    {
        if (layers.Count == 0)
        {
            throw new ArgumentException("There is no layer to select from.", nameof(layers));
        }

        KvTensor first = layers[0].Keys;
        for (int index = 0; index < layers.Count; index++)
        {
            KvLayerTensors layer = layers[index];
            CheckShape(layer.Keys, first, index, "keys");
            CheckPositions(layer, index);
            CheckRows(layer, first, index, policy.Inputs);
            if (policy.Inputs.HasFlag(KvPolicyInputs.WindowQueries))
            {
                CheckQueries(layer, index, policy);
            }

            if (policy.Inputs.HasFlag(KvPolicyInputs.ReconstructionAttention))
            {
                CheckReconstructionAttention(layer, index, policy);
            }

            if (policy.Inputs.HasFlag(KvPolicyInputs.PlainElements) && (layer.KeyRotation ?? layer.ValueRotation) is not null)
            {
                throw new InvalidOperationException(
                    $"The policy '{policy.Name}' compares single elements of keys and values, and this quantised cache stores them rotated: "
                    + "cache keys and values as F16, or choose another policy.");
            }

            if (policy.Inputs.HasFlag(KvPolicyInputs.OutputWeights))
            {
                CheckOutputWeights(layer, index, policy);
            }
        }
    }

    /// <summary>Checks keys and values: rows that are read have to be in memory, and norms are read off them unless they come from elsewhere.</summary>
    private static void CheckRows(in KvLayerTensors layer, in KvTensor first, int index, KvPolicyInputs inputs)
    {
        const KvPolicyInputs KeyNorms = KvPolicyInputs.KeyNorms | KvPolicyInputs.CentredKeyNorms;
        const KvPolicyInputs Rows = KvPolicyInputs.Keys | KvPolicyInputs.Values;

        // Elements of no rows in particular may be of both.
        KvPolicyInputs rows = inputs.HasFlag(KvPolicyInputs.PlainElements) && (inputs & Rows) == 0 ? Rows : inputs & Rows;
        if (rows.HasFlag(KvPolicyInputs.Keys) || ((inputs & KeyNorms) != 0 && layer.Norms is null))
        {
            CheckData(layer.Keys, index, "keys");
            CheckRotary(layer, index);
            CheckRotation(layer.KeyRotation, layer.Keys, index, "keys");
        }

        if (rows.HasFlag(KvPolicyInputs.Values) || inputs.HasFlag(KvPolicyInputs.ValueNorms))
        {
            CheckShape(layer.Values, first, index, "values");
        }

        if (rows.HasFlag(KvPolicyInputs.Values) || (inputs.HasFlag(KvPolicyInputs.ValueNorms) && layer.Norms is null))
        {
            CheckData(layer.Values, index, "values");
            CheckRotation(layer.ValueRotation, layer.Values, index, "values");
        }
    }

    private static void CheckPositions(in KvLayerTensors layer, int index)
    {
        if (layer.Positions is { } positions && (positions.Heads != layer.Keys.Heads || positions.Kept > layer.Keys.Tokens))
        {
            throw new ArgumentException(
                $"Layer {index} has {layer.Keys.Tokens} tokens x {layer.Keys.Heads} KV heads, and its positions list {positions.Kept} x {positions.Heads}.");
        }
    }

    private static void CheckReconstructionAttention(in KvLayerTensors layer, int index, IKvPolicy policy)
    {
        if (layer.ReconstructionAttention.IsEmpty)
        {
            throw new InvalidOperationException(
                $"The policy '{policy.Name}' needs the attention of a reconstruction pass over the prompt, and layer {index} comes without any: repeat the context and observe it, or choose another policy.");
        }

        if (layer.ReconstructionAttention.Length != (long)layer.Keys.Heads * layer.Keys.Tokens)
        {
            throw new ArgumentException(
                $"Layer {index} has {layer.ReconstructionAttention.Length} numbers of a reconstruction pass over {layer.Keys.Heads} KV heads x {layer.Keys.Tokens} tokens.");
        }
    }

    private static void CheckShape(in KvTensor tensor, in KvTensor first, int index, string what)
    {
        if (tensor.Tokens < 1 || tensor.Tokens != first.Tokens || tensor.Heads != first.Heads)
        {
            throw new ArgumentException(
                $"Layer {index} has {what} of {tensor.Tokens} tokens x {tensor.Heads} heads where layer 0 has keys of "
                + $"{first.Tokens} x {first.Heads}: every layer needs equally many, and at least one token.");
        }
    }

    private static unsafe void CheckData(in KvTensor tensor, int index, string what)
    {
        if (tensor.Data is null)
        {
            throw new ArgumentException($"Layer {index} has no memory for the {what} that the policy reads.");
        }
    }

    private static void CheckOutputWeights(in KvLayerTensors layer, int index, IKvPolicy policy)
    {
        if (layer.OutputWeights is not { } weights)
        {
            throw new InvalidOperationException($"The policy '{policy.Name}' needs the model's output weights, and layer {index} comes without any: choose another policy.");
        }

        if (weights.Inputs % (layer.Values.HeadDimension * layer.Values.Heads) != 0)
        {
            throw new ArgumentException($"Layer {index} has output weights of {weights.Inputs} inputs over {layer.Values.Heads} KV heads of {layer.Values.HeadDimension}.");
        }
    }

    private static void CheckRotary(in KvLayerTensors layer, int index)
    {
        if (layer.Rotary is { } rotary && (rotary.Dimensions < 2 || rotary.Dimensions % 2 != 0 || rotary.Dimensions > layer.Keys.HeadDimension || !(rotary.Base > 0)))
        {
            throw new ArgumentException($"Layer {index} cannot have {rotary.Dimensions} of {layer.Keys.HeadDimension} key elements rotated with base {rotary.Base}.");
        }
    }

    private static void CheckRotation(HadamardRotation? rotation, in KvTensor tensor, int index, string what)
    {
        if (rotation is not null && tensor.HeadDimension % rotation.Size != 0)
        {
            throw new ArgumentException(
                $"Layer {index} cannot have its {what} rotated in runs of {rotation.Size}: {tensor.HeadDimension} elements are not a whole number of runs.");
        }
    }

    private static void CheckQueries(in KvLayerTensors layer, int index, IKvPolicy policy)
    {
        KvQueries queries = layer.Queries;
        if (queries.Heads == 0)
        {
            throw new InvalidOperationException(
                $"The policy '{policy.Name}' needs the last {policy.QueryWindow} queries of the prompt, and layer {index} comes "
                + "without any: observe them while the prompt is decoded, or choose a policy that needs none.");
        }

        if (queries.Heads % layer.Keys.Heads != 0 || queries.HeadDimension != layer.Keys.HeadDimension)
        {
            throw new ArgumentException(
                $"Layer {index} has {queries.Heads} query heads of {queries.HeadDimension} elements "
                + $"over {layer.Keys.Heads} KV heads of {layer.Keys.HeadDimension}.");
        }
    }
}
