using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine;

/// <summary>
/// Takes a context's eval hook away and gives it back. llama.cpp has no call for that: the pair (function, user data) stands in the
/// context's memory, from where each new graph takes it.
/// </summary>
/// <remarks>
/// The context is an opaque struct, so whoever uses the switch has to test it: <see cref="Asks"/> must stand still while the hook is
/// detached, and go on once it is attached again. A graph of the very shape of the one before it is used again as it was made: one
/// token after another, a switch shows late. Used on the context's thread, between decodes.
/// </remarks>
internal sealed unsafe class EvalHookSwitch
{
    /// <summary>How much of a context is searched: the parameters stand at its start, and all builds' contexts are larger.</summary>
    private const int SearchedBytes = 960;

    private readonly SafeHandle _context;
    private readonly int _word;
    private readonly EvalCallback _callback;
    private bool _isChanged;

    private EvalHookSwitch(SafeHandle context, int word, EvalCallback callback)
    {
        _context = context;
        _word = word;
        _callback = callback;
    }

    /// <summary>How often the hook was asked so far.</summary>
    public long Asks => _callback.Asks;

    /// <summary>Finds the pair in a context's memory.</summary>
    /// <param name="context">The context.</param>
    /// <param name="callback">What it was created with.</param>
    /// <returns>The switch, or null where the pair does not stand there exactly once.</returns>
    public static EvalHookSwitch? Find(SafeHandle context, EvalCallback callback)
    {
        var words = new ReadOnlySpan<nint>((void*)context.DangerousGetHandle(), SearchedBytes / sizeof(nint));
        ReadOnlySpan<nint> pair = [EvalCallback.Function, callback.UserData];
        int at = words.IndexOf(pair);
        return at >= 0 && words[(at + 1)..].IndexOf(pair) < 0 ? new EvalHookSwitch(context, at, callback) : null;
    }

    /// <summary>Has the next graphs computed without the hook.</summary>
    public void Detach() => Set(0);

    /// <summary>Has the next graphs computed with the hook.</summary>
    public void Attach() => Set(EvalCallback.Function);

    /// <summary>Whether the hook came or went since the last call.</summary>
    public bool TakeChange()
    {
        bool isChanged = _isChanged;
        _isChanged = false;
        return isChanged;
    }

    private void Set(nint function)
    {
        ObjectDisposedException.ThrowIf(_context.IsClosed, this);
        nint* place = (nint*)_context.DangerousGetHandle() + _word;
        _isChanged |= *place != function;
        *place = function;
    }
}
