using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using LLama;
using LLama.Abstractions;
using LLama.Common;
using LLama.Native;
using LLama.Transformers;
using Microsoft.Extensions.AI;

namespace CurKv.Benchmarks.Peer;

/// <summary>One of the two clients that are compared: LLamaSharp's own, as its documentation sets it up, or CurKv's.</summary>
internal sealed class PeerClient : DelegatingChatClient
{
    public const string LLamaSharp = "LLamaSharp";
    public const string CurKv = "CurKv";
    private const int ContextSize = 8192;
    private readonly IDisposable? _weights;

    private PeerClient(IChatClient client, IDisposable? weights = null)
        : base(client) => _weights = weights;

    /// <summary>Loads the model with the whole cache kept.</summary>
    public static PeerClient Create(string name, string modelPath, int threads) => name == CurKv ? CreateCurKv(modelPath, threads) : CreateLLamaSharp(modelPath, threads);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _weights?.Dispose();
    }

    private static PeerClient CreateCurKv(string modelPath, int threads) => new(new LlamaChatClient(new LlamaChatClientOptions
    {
        ModelPath = modelPath,
        ContextSize = ContextSize,
        Threads = threads,
        GpuLayerCount = 0,
        Compression = new KvCompressionOptions { Policy = KvCompressionOptions.NoPolicy },
    }));

    // The executor without a state of its own is the one that takes a whole conversation with each call, as the contract has it.
    private static PeerClient CreateLLamaSharp(string modelPath, int threads)
    {
        NativeLogConfig.llama_log_set((_, _) => { });
        var parameters = new ModelParams(modelPath) { ContextSize = ContextSize, Threads = threads, BatchThreads = threads, GpuLayerCount = 0 };
        LLamaWeights weights = LLamaWeights.LoadFromFile(parameters);
        return new PeerClient(new StatelessExecutor(weights, parameters).AsChatClient(new PromptTemplateTransformer(weights)), weights);
    }
}
