using CurKv.Connector.Engine;
using CurKv.Connector.Scheduling;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.KvCache.Capture;

/// <summary>
/// Detaches the eval hook except while queries are observed: on a GPU, llama.cpp's scheduler synchronises after every split of the
/// graph while a hook is set, and prefill takes 7 to 23 % longer. Used on the context's thread only.
/// </summary>
internal sealed partial class HookDetachment
{
    private readonly EvalHookSwitch _switch;

    private HookDetachment(EvalHookSwitch hookSwitch) => _switch = hookSwitch;

    /// <summary>Detaches the hook, if its call count shows that detaching and attaching work.</summary>
    /// <param name="context">A context whose sequence 0 is empty. It is empty again afterwards.</param>
    /// <param name="logger">Receives a warning if the hook stays attached.</param>
    /// <returns>The detachment, or null if the hook stays attached.</returns>
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

    /// <summary>Attaches the hook for the tokens that are decoded next.</summary>
    public void Attach() => _switch.Attach();

    /// <summary>Detaches the hook again.</summary>
    public void Detach() => _switch.Detach();

    // The number of tokens differs from call to call, so that llama.cpp does not reuse a graph.
    private static bool Asks(ILlamaContext context, EvalHookSwitch hookSwitch, int tokens)
    {
        long before = hookSwitch.Asks;
        bool decoded = context.Decode(stackalloc int[tokens], 0, 0, logits: false) == DecodeStatus.Ok;
        context.Synchronize();
        context.SequenceRemove(0);
        return decoded && hookSwitch.Asks > before;
    }

    [LoggerMessage(LogLevel.Warning, "The eval hook cannot be detached: it was not found exactly once in the searched part of llama.cpp's context. It stays attached, and prefill on a GPU takes longer.")]
    private static partial void LogNotFound(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "The eval hook cannot be detached: detaching does not stop its calls, or attaching does not resume them. It stays attached, and prefill on a GPU takes longer.")]
    private static partial void LogNotDetached(ILogger logger);
}
