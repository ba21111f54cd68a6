using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine;

/// <summary>Looks at llama.cpp's compute graph while it runs. Called on the thread that decodes; must not throw.</summary>
internal unsafe interface IEvalHook
{
    /// <summary>Called for every node before it is computed.</summary>
    /// <returns>Whether <see cref="Observe"/> shall be called once the node's data is there. Asking for it splits the graph.</returns>
    bool Ask(GgmlTensor* node);

    /// <summary>Called with a node that was asked for, after it is computed.</summary>
    void Observe(GgmlTensor* node);
}
