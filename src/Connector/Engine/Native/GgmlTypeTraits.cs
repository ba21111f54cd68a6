using System.Runtime.InteropServices;
using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Engine.Native;

/// <summary>What ggml knows of an element type, by the fields that all builds in use share.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct GgmlTypeTraits
{
    private readonly byte* _name;

    /// <summary>Elements in a block; 0 for a type that was given up.</summary>
    public readonly long BlockElements;

    private readonly long _blockInterleave;

    /// <summary>Bytes in a block.</summary>
    public readonly nuint BlockBytes;

    private readonly byte _isQuantised;

    /// <summary>Turns blocks into so many floats; null for floats.</summary>
    public readonly delegate* unmanaged[Cdecl]<byte*, float*, long, void> ToFloat;

    /// <summary>The traits of a type that the loaded ggml has.</summary>
    /// <param name="type">The type's number. A number beyond ggml's ends the process, so it has to come from a model that llama.cpp has loaded.</param>
    /// <exception cref="LlamaNativeLibraryException">The loaded ggml lays its traits out in another way.</exception>
    public static GgmlTypeTraits* Of(int type) =>
        Is(KvElementType.F16, "f16"u8, 1, 2) && Is(KvElementType.Q8_0, "q8_0"u8, 32, 34)
            ? LlamaGaps.ggml_get_type_traits(type)
            : throw new LlamaNativeLibraryException(
                $"The loaded ggml '{NativeModules.FindPath(LlamaGaps.GgmlBase)}' describes its element types in another way than this binding expects, so weights cannot be read. Use the natives of the same version as the binding (LLamaSharp.Backend.* beside LLamaSharp).");

    // Two types that every build has: with their names and sizes in place, the function pointers are in theirs.
    private static bool Is(KvElementType type, ReadOnlySpan<byte> name, long blockElements, nuint blockBytes)
    {
        GgmlTypeTraits* traits = LlamaGaps.ggml_get_type_traits((int)type);
        return traits->BlockElements == blockElements
            && traits->BlockBytes == blockBytes
            && MemoryMarshal.CreateReadOnlySpanFromNullTerminated(traits->_name).SequenceEqual(name)
            && traits->ToFloat is not null;
    }
}
