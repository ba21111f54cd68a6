using CurKv.Connector.Engine;
using CurKv.Connector.Scheduling;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>
/// Keeps the hook off but where queries are observed: on a GPU it makes the scheduler wait after every part of the graph, and prefill
/// takes 7 to 23 % longer. Used on the context's thread only.
/// </summary>
internal sealed partial class HookDetachment
{
    private readonly EvalHookSwitch _switch;

    private HookDetachment(EvalHookSwitch hookSwitch) => _switch = hookSwitch;

    /// <summary>Takes the hook away, if counting its questions shows that it goes and comes back.</summary>
    /// <param name="context">A context whose sequence 0 is empty, and is again afterwards.</param>
    /// <param name="logger">Receives a warning where the hook stays.</param>
    /// <returns>The detachment, or null where the hook stays as it is.</returns>
    public static HookDetachment? Try(ILlamaContext context, ILogger logger)
    {
        if (context.HookSwitch is not { } hookSwitch)
        {
            LogNotFound(logger);
            return null;
        }

        bool works = Asks(context, hookSwitch, tokens: 1);
        hookSwitch.Detach();
        works = works && !Asks(context, hookSwitch, tokens: 2);
        hookSwitch.Attach();
        works = works && Asks(context, hookSwitch, tokens: 1);
        if (!works)
        {
            LogNotDetached(logger);
            return null;
        }

        hookSwitch.Detach();
        return new HookDetachment(hookSwitch);
    }

    /// <summary>Has the tokens that are decoded next seen by the hook.</summary>
    public void Attach() => _switch.Attach();

    /// <summary>Takes the hook away again.</summary>
    public void Detach() => _switch.Detach();

    // The numbers of tokens differ from one call to the next, so that no graph is used again.
    private static bool Asks(ILlamaContext context, EvalHookSwitch hookSwitch, int tokens)
    {
        long before = hookSwitch.Asks;
        bool decoded = context.Decode(stackalloc int[tokens], 0, 0, logits: false) == DecodeStatus.Ok;
        context.Synchronize();
        context.SequenceRemove(0);
        return decoded && hookSwitch.Asks > before;
    }

    [LoggerMessage(LogLevel.Warning, "The eval hook cannot be detached: it does not stand exactly once where this llama.cpp's contexts are searched for it: it stays, and prefill on a GPU takes longer.")]
    private static partial void LogNotFound(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "The eval hook cannot be detached: taking it away does not stop its calls, or giving it back does not bring them back: it stays, and prefill on a GPU takes longer.")]
    private static partial void LogNotDetached(ILogger logger);
}
