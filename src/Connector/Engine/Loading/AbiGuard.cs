using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Loading;

/// <summary>
/// Refuses a libllama of another build than the binding's: parameter structs go by value, and a wrong layout or signature crashes
/// the process or silently sets other fields.
/// </summary>
internal static unsafe class AbiGuard
{
    private const byte Canary = 0xA5;
    private const int ProbeBytes = 512;

    /// <summary>Compares the loaded library's commit, and its structs' sizes and defaults, with what is expected.</summary>
    /// <param name="llama">The library.</param>
    /// <param name="libraryPath">Where it lies.</param>
    /// <param name="commit">What its <c>ggml_commit()</c> says.</param>
    /// <exception cref="LlamaNativeLibraryException">They differ.</exception>
    public static void Check(nint llama, string libraryPath, string commit)
    {
        byte[] context = Defaults(llama, "llama_context_default_params", out int contextSize);
        byte[] model = Defaults(llama, "llama_model_default_params", out int modelSize);
        string?[] problems =
        [
            LlamaCppBuild.Matches(commit) ? null : $"it says that it is {commit}",
            Problem("llama_context_params", LlamaDefaults.Context, context, contextSize),
            Problem("llama_model_params", LlamaDefaults.Model, model, modelSize),
        ];
        string why = string.Join("; ", problems.Where(problem => problem is not null));
        if (why.Length > 0)
        {
            throw new LlamaNativeLibraryException(
                $"The llama.cpp library '{libraryPath}' is not the build that this binding was made for, {LlamaCppBuild.Commit} ({LlamaCppBuild.Release}, of LLamaSharp {LlamaCppBuild.LLamaSharpVersion}): {why}. " +
                $"Use the natives of LLamaSharp.Backend.* {LlamaCppBuild.LLamaSharpVersion}, or build llama.cpp of that commit.")
            {
                Fault = LlamaFault.OtherBuild,
            };
        }
    }

    /// <summary>How a struct that the library has filled differs from the expected one; null where it does not.</summary>
    /// <param name="name">The struct's name.</param>
    /// <param name="expected">The struct as it should be.</param>
    /// <param name="actual">The bytes that the library has filled.</param>
    /// <param name="size">How many bytes it has filled; 0 where that is not known.</param>
    public static string? Problem(string name, NativeStruct expected, ReadOnlySpan<byte> actual, int size)
    {
        // The last bytes of a struct may be padding that nothing writes.
        bool hasSize = size == 0 || (size <= expected.Size && size > expected.Size - sizeof(long));
        return !hasSize ? $"its {name} has {size} bytes and not {expected.Size}"
            : expected.FirstDifference(actual) is string difference ? $"in its {name}, {difference}"
            : null;
    }

    // Other architectures than x64 tell a large result's place in a register of its own: there no canary can be laid.
    private static byte[] Defaults(nint llama, string function, out int size)
    {
        nint address = NativeLibrary.GetExport(llama, function);
        size = 0;
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Probe probe = ((delegate* unmanaged[Cdecl]<Probe>)address)();
            return ((ReadOnlySpan<byte>)probe).ToArray();
        }

        // Two fills: a byte that the library writes with the canary's own value shows in the other run.
        byte[] bytes = new byte[ProbeBytes];
        fixed (byte* probe = bytes)
        {
            for (int run = 0; run < 2; run++)
            {
                byte fill = (byte)(Canary + run);
                bytes.AsSpan().Fill(fill);
                ((delegate* unmanaged[Cdecl]<byte*, byte*>)address)(probe);
                size = Math.Max(size, bytes.AsSpan().LastIndexOfAnyExcept(fill) + 1);
            }
        }

        return bytes;
    }

    // Larger than any build's struct, so that none writes beyond it.
    [InlineArray(ProbeBytes)]
    private struct Probe
    {
        private byte _first;
    }
}
