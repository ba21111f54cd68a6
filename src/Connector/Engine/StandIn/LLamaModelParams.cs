using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary><c>llama_model_params</c>, 72 bytes in b9842.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LLamaModelParams
{
    private nint _devices;
    private nint _tensorBufferOverrides;
    public int n_gpu_layers;
    public int split_mode;
    public int main_gpu;
    private float* _tensorSplit;
    public LlamaProgressCallback? progress_callback;
    private void* _progressUserData;
    private void* _metadataOverrides;
    private byte _vocabOnly;
    private byte _useMmap;
    private byte _useDirectIo;
    private byte _useMlock;
    private byte _checkTensors;
    private byte _useExtraBuffers;
    private byte _noHost;
    private byte _noAlloc;

    public bool use_mmap
    {
        readonly get => _useMmap != 0;
        set => _useMmap = value ? (byte)1 : (byte)0;
    }

    public static LLamaModelParams Default()
    {
        return llama_model_default_params();

        [DllImport(NativeApi.LibraryName, CallingConvention = CallingConvention.Cdecl)]
        static extern LLamaModelParams llama_model_default_params();
    }
}
