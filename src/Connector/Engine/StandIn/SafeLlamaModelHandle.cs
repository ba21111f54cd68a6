using System.Runtime.InteropServices;
using System.Text;

namespace LLama.Native;

/// <summary>A loaded model.</summary>
internal sealed partial class SafeLlamaModelHandle : SafeLLamaHandleBase
{
    private Vocabulary? _vocab;

    static SafeLlamaModelHandle() => NativeApi.llama_empty_call();

    public LLamaRopeType RopeType => (LLamaRopeType)llama_model_rope_type(this);

    public int ContextSize => llama_model_n_ctx_train(this);

    public int EmbeddingSize => llama_model_n_embd(this);

    public int LayerCount => llama_model_n_layer(this);

    public int HeadCount => llama_model_n_head(this);

    public int KVHeadCount => llama_model_n_head_kv(this);

    public bool IsRecurrent => llama_model_is_recurrent(this) != 0;

    public unsafe string Description
    {
        get
        {
            byte* text = stackalloc byte[256];
            _ = llama_model_desc(this, text, 256);
            return Marshal.PtrToStringUTF8((nint)text) ?? string.Empty;
        }
    }

    public Vocabulary Vocab => _vocab ??= new Vocabulary(this);

    public static SafeLlamaModelHandle LoadFromFile(string modelPath, LLamaModelParams lparams)
    {
        SafeLlamaModelHandle handle = llama_model_load_from_file(modelPath, lparams);
        return handle.IsInvalid ? throw new LLama.Exceptions.LoadWeightsFailedException(modelPath) : handle;

        // LibraryImport does not marshal the progress delegate inside the struct.
        [DllImport(NativeApi.LibraryName, CallingConvention = CallingConvention.Cdecl)]
        static extern SafeLlamaModelHandle llama_model_load_from_file([MarshalAs(UnmanagedType.LPUTF8Str)] string path, LLamaModelParams @params);
    }

    public string? GetTemplate(string? name = null, bool strict = true)
    {
        string? template = Marshal.PtrToStringUTF8(llama_model_chat_template(this, name));
        return template is null && strict ? throw new InvalidOperationException("The model has no chat template.") : template;
    }

    public unsafe LLamaToken[] Tokenize(string text, bool addBos, bool special, Encoding encoding)
    {
        byte[] bytes = encoding.GetBytes(text);
        nint vocab = Vocab.Native;
        fixed (byte* start = bytes)
        {
            int count = -llama_tokenize(vocab, start, bytes.Length, null, 0, addBos, special);
            var tokens = new LLamaToken[count];
            fixed (LLamaToken* destination = tokens)
            {
                _ = llama_tokenize(vocab, start, bytes.Length, destination, count, addBos, special);
            }

            return tokens;
        }
    }

    public unsafe uint TokenToSpan(LLamaToken token, Span<byte> dest, int lstrip = 0, bool special = false)
    {
        fixed (byte* destination = dest)
        {
            return (uint)Math.Abs(llama_token_to_piece(Vocab.Native, token, destination, dest.Length, lstrip, special));
        }
    }

    protected override bool ReleaseHandle()
    {
        llama_model_free(handle);
        return true;
    }

    [LibraryImport(NativeApi.LibraryName)]
    private static partial void llama_model_free(nint model);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_model_rope_type(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_model_n_ctx_train(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_model_n_embd(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_model_n_layer(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_model_n_head(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial int llama_model_n_head_kv(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    private static partial byte llama_model_is_recurrent(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    private static unsafe partial int llama_model_desc(SafeLlamaModelHandle model, byte* text, nuint size);

    [LibraryImport(NativeApi.LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint llama_model_chat_template(SafeLlamaModelHandle model, string? name);

    [LibraryImport(NativeApi.LibraryName)]
    private static unsafe partial int llama_tokenize(
        nint vocab, byte* text, int length, LLamaToken* tokens, int capacity, [MarshalAs(UnmanagedType.U1)] bool addSpecial, [MarshalAs(UnmanagedType.U1)] bool parseSpecial);

    [LibraryImport(NativeApi.LibraryName)]
    private static unsafe partial int llama_token_to_piece(
        nint vocab, LLamaToken token, byte* text, int length, int strip, [MarshalAs(UnmanagedType.U1)] bool special);

    internal sealed partial class Vocabulary(SafeLlamaModelHandle model)
    {
        public int Count => llama_vocab_n_tokens(Native);

        public bool ShouldAddBOS => llama_vocab_get_add_bos(Native) != 0;

        internal nint Native => llama_model_get_vocab(model);

        internal bool IsEndOfGeneration(int token) => llama_vocab_is_eog(Native, token) != 0;

        [LibraryImport(NativeApi.LibraryName)]
        private static partial nint llama_model_get_vocab(SafeLlamaModelHandle model);

        [LibraryImport(NativeApi.LibraryName)]
        private static partial int llama_vocab_n_tokens(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        private static partial byte llama_vocab_get_add_bos(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        private static partial byte llama_vocab_is_eog(nint vocab, int token);
    }
}
