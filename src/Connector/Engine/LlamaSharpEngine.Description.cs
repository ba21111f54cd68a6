using System.Text;
using CurKv.Connector.Templates;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Selection;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <content>Reads what a model says of itself.</content>
internal sealed unsafe partial class LlamaSharpEngine
{
    private static LlamaVocabulary ReadVocabulary(TokenBytes tokens)
    {
        const int NoVocabulary = 0;
        const int ControlOrUnknown = (1 << 3) | 1;
        const int Defined = 1 << 4;

        // llama.cpp ends the process that asks for a token where there are none.
        if (LlamaGaps.llama_vocab_type(tokens.Vocab) == NoVocabulary)
        {
            return new LlamaVocabulary();
        }

        byte[] buffer = new byte[64];
        var controls = new Dictionary<string, int>(StringComparer.Ordinal);
        List<string> defined = [];
        int count = LlamaGaps.llama_vocab_n_tokens(tokens.Vocab);
        for (int token = 0; token < count; token++)
        {
            int attributes = LlamaGaps.llama_vocab_get_attr(tokens.Vocab, token);
            if ((attributes & (ControlOrUnknown | Defined)) == 0 || Text(token) is not { Length: > 1 } text || string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if ((attributes & ControlOrUnknown) != 0)
            {
                controls.TryAdd(text, token);
            }
            else
            {
                defined.Add(text);
            }
        }

        return new LlamaVocabulary
        {
            Begin = Text(LlamaGaps.llama_vocab_bos(tokens.Vocab)),
            End = Text(LlamaGaps.llama_vocab_eos(tokens.Vocab)),
            Controls = controls,
            Defined = defined,
        };

        string Text(int token) => token < 0 ? string.Empty : Encoding.UTF8.GetString(buffer.AsSpan(0, tokens.Read(token, ref buffer)));
    }

    private static LlamaModelInfo Describe(SafeLlamaModelHandle model, string path, GgufFile gguf)
    {
        // llama.cpp tells the first layer's heads, and a hybrid's first layer has none.
        int queryHeads = gguf.Numbers("attention.head_count")?.DefaultIfEmpty().Max() ?? model.HeadCount;
        int kvHeads = gguf.Numbers("attention.head_count_kv")?.DefaultIfEmpty().Max() ?? queryHeads;
        bool isHybrid = LlamaGaps.llama_model_is_hybrid(model.DangerousGetHandle());
        int defaultDimension = queryHeads > 0 ? model.EmbeddingSize / queryHeads : 0;
        int keyDimension = (int)(gguf.Number("attention.key_length") ?? defaultDimension);
        return new LlamaModelInfo
        {
            Path = path,
            Description = model.Description,
            Architecture = gguf.Architecture,
            TrainedContext = model.ContextSize,
            VocabularySize = model.Vocab.Count,
            Layers = model.LayerCount,
            QueryHeads = queryHeads,
            KvHeads = kvHeads,
            KeyDimension = keyDimension,
            ValueDimension = (int)(gguf.Number("attention.value_length") ?? defaultDimension),
            HasRotaryPositions = model.RopeType != LLamaRopeType.None && !IsBaichuanWithAlibi(model, gguf),
            Rotary = RotatesEverywhere(gguf, isHybrid) ? Rotary(model, gguf, keyDimension) : null,
            AttentionScale = (float)(gguf.Real("attention.scale") ?? 0),
            IsRecurrent = model.IsRecurrent,
            IsHybrid = isHybrid,
            SlidingWindow = model.SWACount,
            PoolingType = (int?)gguf.Number("pooling_type"),
            ChatTemplate = model.GetTemplate(strict: false),
        };
    }

    // One name for two models: the larger one, which llama.cpp knows by its layers, has ALiBi in place of RoPE.
    private static bool IsBaichuanWithAlibi(SafeLlamaModelHandle model, GgufFile gguf) => gguf.Architecture == "baichuan" && model.LayerCount == 40;

    // Families whose layers differ may leave some of them without positions (Cohere 2, Llama 4, SmolLM 3, Exaone 4, most hybrids).
    private static bool RotatesEverywhere(GgufFile gguf, bool isHybrid) => gguf.Architecture is "llama" or "gemma2" or "gemma3"
        || !(isHybrid || gguf.Architecture is "smollm3" or "llama4" || gguf.Number("attention.sliding_window") > 0);

    // LLamaSharp names the types Norm and None only; NeoX is llama.cpp's 2.
    private static RotaryEmbedding? Rotary(SafeLlamaModelHandle model, GgufFile gguf, int keyDimension)
    {
        const LLamaRopeType Neox = (LLamaRopeType)2;
        bool plain = model.RopeType is LLamaRopeType.Norm or Neox
            && (gguf.Text("rope.scaling.type") ?? "none") == "none"
            && !gguf.HasTensor("rope_freqs.weight");
        int dimensions = (int)(gguf.Number("rope.dimension_count") ?? keyDimension);
        return plain && dimensions >= 2 && dimensions % 2 == 0 && dimensions <= keyDimension
            ? new RotaryEmbedding(gguf.Real("rope.freq_base") ?? 10000, dimensions, model.RopeType == LLamaRopeType.Norm)
            : null;
    }
}
