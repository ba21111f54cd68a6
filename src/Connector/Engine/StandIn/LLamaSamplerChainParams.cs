using System.Runtime.InteropServices;

namespace LLama.Native;

[StructLayout(LayoutKind.Sequential)]
internal struct LLamaSamplerChainParams
{
    private byte _noPerf;

    public static LLamaSamplerChainParams Default()
    {
        return llama_sampler_chain_default_params();

        [DllImport(NativeApi.LibraryName, CallingConvention = CallingConvention.Cdecl)]
        static extern LLamaSamplerChainParams llama_sampler_chain_default_params();
    }
}
