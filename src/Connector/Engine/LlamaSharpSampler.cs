using LLama.Native;

namespace CurKv.Connector.Engine;

/// <summary>llama.cpp's sampler chain in its usual order: top-k, top-p, min-p, temperature, then the draw.</summary>
internal sealed class LlamaSharpSampler : ILlamaSampler
{
    private const int LastToken = -1;
    private const int MinKeep = 1;
    private readonly SafeLLamaSamplerChainHandle _chain;

    public LlamaSharpSampler(SamplerSettings settings)
    {
        _chain = SafeLLamaSamplerChainHandle.Create(LLamaSamplerChainParams.Default());
        if (settings.Temperature <= 0)
        {
            _chain.AddGreedySampler();
            return;
        }

        if (settings.TopK > 0)
        {
            _chain.AddTopK(settings.TopK);
        }

        _chain.AddTopP(settings.TopP, MinKeep);
        _chain.AddMinP(settings.MinP, MinKeep);
        _chain.AddTemperature(settings.Temperature);
        _chain.AddDistributionSampler(settings.Seed);
    }

    /// <summary>Draws a token from the last logits of a context.</summary>
    public int Sample(SafeLLamaContextHandle context) => (int)_chain.Sample(context, LastToken);

    public void Dispose() => _chain.Dispose();
}
