using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine;

/// <summary>An <see cref="IEvalHook"/> as llama.cpp wants it: a C function and a pointer. Lives as long as its context.</summary>
internal sealed unsafe class EvalCallback : IDisposable
{
    private readonly IEvalHook _hook;
    private GCHandle _handle;

    public EvalCallback(IEvalHook hook)
    {
        _hook = hook;
        _handle = GCHandle.Alloc(this);
    }

    /// <summary>How often the hook was asked, and so how many nodes were computed with it.</summary>
    public long Asks { get; private set; }

    /// <summary><c>bool (*)(ggml_tensor *, bool ask, void * user_data)</c>.</summary>
    public static nint Function => (nint)(delegate* unmanaged[Cdecl]<GgmlTensor*, byte, nint, byte>)&OnNode;

    /// <summary>What the function gets as its last argument.</summary>
    public nint UserData => GCHandle.ToIntPtr(_handle);

    public void Dispose()
    {
        if (_handle.IsAllocated)
        {
            _handle.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnNode(GgmlTensor* node, byte ask, nint userData)
    {
        var callback = (EvalCallback)GCHandle.FromIntPtr(userData).Target!;
        try
        {
            if (ask != 0)
            {
                callback.Asks++;
                return callback._hook.Ask(node) ? (byte)1 : (byte)0;
            }

            callback._hook.Observe(node);
            return 1;
        }
#pragma warning disable CA1031 // No exception may pass llama.cpp's frames. A hook that fails sees nothing, and its owner takes another way.
        catch (Exception)
#pragma warning restore CA1031
        {
            return ask != 0 ? (byte)0 : (byte)1;
        }
    }
}
