namespace LLama.Native;

/// <summary>Which libllama to load; has no effect once it is loaded.</summary>
internal sealed class NativeLibraryConfig
{
    public static NativeLibraryConfig LLama { get; } = new();

    public bool LibraryHasLoaded { get; internal set; }

    internal string LibraryPath { get; private set; } = Path.Combine(AppContext.BaseDirectory, "llama.cpp", "libllama.b9842.so");

    public NativeLibraryConfig WithLibrary(string? libraryPath)
    {
        LibraryPath = libraryPath ?? LibraryPath;
        return this;
    }
}
