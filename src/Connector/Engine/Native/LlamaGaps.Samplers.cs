using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary>
/// llama.cpp's samplers, one by one. LLamaSharp adds the null that a bad grammar gives to its chain, where it crashes, lacks an
/// argument of the lazy grammar and has no clone.
/// </summary>
internal static unsafe partial class LlamaGaps
{
    [LibraryImport(Llama)]
    public static partial nint llama_model_get_vocab(nint model);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_n_tokens(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_type(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_bos(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_eos(nint vocab);

    [LibraryImport(Llama)]
    public static partial int llama_vocab_get_attr(nint vocab, int token);

    [LibraryImport(Llama)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_vocab_is_eog(nint vocab, int token);

    [LibraryImport(Llama)]
    public static partial int llama_token_to_piece(nint vocab, int token, byte* text, int size, int strip, [MarshalAs(UnmanagedType.U1)] bool special);

    [LibraryImport(Llama)]
    public static partial void llama_sampler_accept(nint sampler, int token);

    [LibraryImport(Llama)]
    public static partial void llama_sampler_apply(nint sampler, TokenDataArray* candidates);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_clone(nint sampler);

    [LibraryImport(Llama)]
    public static partial void llama_sampler_free(nint sampler);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_penalties(int lastN, float repeat, float frequency, float presence);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_dry(
        nint vocab, int trainedContext, float multiplier, float growth, int allowedLength, int lastN, byte** breakers, nuint breakerCount);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_top_n_sigma(float n);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_top_k(int k);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_typical(float p, nuint minKeep);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_top_p(float p, nuint minKeep);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_min_p(float p, nuint minKeep);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_xtc(float probability, float threshold, nuint minKeep, uint seed);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_temp(float temperature);

    [LibraryImport(Llama)]
    public static partial nint llama_sampler_init_dist(uint seed);

    /// <summary>A sampler that masks what a grammar does not allow; 0 where llama.cpp refuses the grammar.</summary>
    [LibraryImport(Llama, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint llama_sampler_init_grammar(nint vocab, string grammar, string root);
}
