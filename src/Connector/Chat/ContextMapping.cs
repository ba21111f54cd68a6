using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;

namespace CurKv.Connector.Chat;

/// <summary>Maps a client's options to its context's settings.</summary>
internal static class ContextMapping
{
    /// <summary>The context's sizes and types.</summary>
    public static LlamaContextSettings Settings(LlamaChatClientOptions options) => new()
    {
        ContextSize = options.ContextSize,
        BatchSize = Math.Min(options.BatchSize, options.ContextSize),
        Threads = options.Threads ?? LlamaContextSettings.DefaultThreads,
        FlashAttention = options.FlashAttention,
        KeyType = options.KeyCacheType,
        ValueType = options.ValueCacheType,
    };

    /// <summary>How its cache may be reached.</summary>
    /// <remarks>
    /// On a GPU, llama.cpp synchronises after every split of the graph while a hook is set: prefill takes 7 to 23 % longer. Unless it may be taken
    /// away again, only a policy that was asked for by name and cannot work without is worth it.
    /// </remarks>
    public static KvCacheAccess Access(LlamaChatClientOptions options, KvPolicyCatalog policies, ILlamaEngine engine)
    {
        if (options.GpuLayerCount == 0 || !engine.SupportsGpu)
        {
            return KvCacheAccess.OnHost;
        }

        KvCompressionOptions compression = options.Compression;
        IKvPolicy? policy = compression.IsAuto || compression.KeepsAll ? null : compression.CustomPolicy ?? policies.Create(compression.Policy);
        bool needsQueries = policy is not null && (policy.QueryWindow > 0 || policy.Inputs.HasFlag(KvPolicyInputs.ReconstructionAttention));
#pragma warning disable CURKV010 // The setting takes effect here.
        bool detachHook = options.DetachHook;
#pragma warning restore CURKV010
        return new KvCacheAccess(needsQueries || detachHook, detachHook, HostMemory.ForGpu());
    }
}
