using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Hands llama.cpp's log lines to one callback of the process.</summary>
internal static unsafe class NativeLogConfig
{
    private static LLamaLogCallback? _callback;

    public delegate void LLamaLogCallback(LLamaLogLevel level, string message);

    public static void llama_log_set(LLamaLogCallback? logCallback) => _callback = logCallback;

    /// <summary>Installs the callback in a library, by the name of its function.</summary>
    internal static void Install(nint library, string function) =>
        ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<int, byte*, nint, void>, nint, void>)NativeLibrary.GetExport(library, function))(&OnLine, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLine(int level, byte* text, nint userData) =>
        _callback?.Invoke((LLamaLogLevel)level, Marshal.PtrToStringUTF8((nint)text) ?? string.Empty);
}
