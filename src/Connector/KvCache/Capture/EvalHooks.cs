using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>Two hooks where llama.cpp takes one.</summary>
internal sealed unsafe class EvalHooks(IEvalHook first, IEvalHook second) : IEvalHook
{
    public bool Ask(GgmlTensor* node)
    {
        bool wanted = first.Ask(node);
        return second.Ask(node) || wanted;
    }

    public void Observe(GgmlTensor* node)
    {
        first.Observe(node);
        second.Observe(node);
    }
}
