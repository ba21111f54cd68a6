using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>A chain of samplers, applied in the order in which they were added.</summary>
internal sealed partial class SafeLLamaSamplerChainHandle : SafeLLamaHandleBase
{
    public static SafeLLamaSamplerChainHandle Create(LLamaSamplerChainParams @params)
    {
        return llama_sampler_chain_init(@params);

        [DllImport(NativeApi.LibraryName, CallingConvention = CallingConvention.Cdecl)]
        static extern SafeLLamaSamplerChainHandle llama_sampler_chain_init(LLamaSamplerChainParams @params);
    }

    public void AddGreedySampler() => llama_sampler_chain_add(this, llama_sampler_init_greedy());

    public void AddDistributionSampler(uint seed) => llama_sampler_chain_add(this, llama_sampler_init_dist(seed));

    public void AddTopK(int k) => llama_sampler_chain_add(this, llama_sampler_init_top_k(k));

    public void AddTopP(float p, nint minKeep) => llama_sampler_chain_add(this, llama_sampler_init_top_p(p, minKeep));

    public void AddMinP(float p, nint minKeep) => llama_sampler_chain_add(this, llama_sampler_init_min_p(p, minKeep));

    public void AddTemperature(float t) => llama_sampler_chain_add(this, llama_sampler_init_temp(t));

    public LLamaToken Sample(SafeLLamaContextHandle context, int index) => llama_sampler_sample(this, context, index);

    protected override bool ReleaseHandle()
    {
        llama_sampler_free(handle);
        return true;
    }

    [LibraryImport(NativeApi.LibraryName)]
    private static partial void llama_sampler_free(nint chain);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial void llama_sampler_chain_add(SafeLLamaSamplerChainHandle chain, nint sampler);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial nint llama_sampler_init_greedy();

    [LibraryImport(NativeApi.LibraryName)]
    private static partial nint llama_sampler_init_dist(uint seed);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial nint llama_sampler_init_top_k(int k);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial nint llama_sampler_init_top_p(float p, nint minKeep);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial nint llama_sampler_init_min_p(float p, nint minKeep);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial nint llama_sampler_init_temp(float t);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial LLamaToken llama_sampler_sample(SafeLLamaSamplerChainHandle chain, SafeLLamaContextHandle context, int index);
}
