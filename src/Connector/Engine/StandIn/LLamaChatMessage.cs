using System.Runtime.InteropServices;

namespace LLama.Native;

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LLamaChatMessage
{
    public byte* role;
    public byte* content;
}
