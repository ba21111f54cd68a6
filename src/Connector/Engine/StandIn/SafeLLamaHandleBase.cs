using System.Runtime.InteropServices;

namespace LLama.Native;

internal abstract class SafeLLamaHandleBase : SafeHandle
{
    private protected SafeLLamaHandleBase()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;
}
