using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>Combines two eval hooks: llama.cpp takes only one callback.</summary>
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
