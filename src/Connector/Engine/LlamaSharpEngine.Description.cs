using System.Text;
using CurKv.Connector.Engine.Gguf;
using CurKv.Connector.Engine.Models;
using CurKv.Connector.Engine.Native;
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
            BosToken = Text(LlamaGaps.llama_vocab_bos(tokens.Vocab)),
            EosToken = Text(LlamaGaps.llama_vocab_eos(tokens.Vocab)),
            ControlTokens = controls,
            UserDefinedTokens = defined,
        };

        string Text(int token) => token < 0 ? string.Empty : Encoding.UTF8.GetString(buffer.AsSpan(0, tokens.Read(token, ref buffer)));
    }

    private static LlamaModelInfo Describe(SafeLlamaModelHandle model, string path, GgufFile gguf)
    {
        // llama.cpp tells the first layer's heads, and a hybrid's first layer has none.
        ModelTraits traits = ModelTraits.From(gguf);
        var layout = (RopeLayout)model.RopeType;
        bool isHybrid = LlamaGaps.llama_model_is_hybrid(model.DangerousGetHandle());
        return new LlamaModelInfo
        {
            Path = path,
            Description = model.Description,
            Architecture = traits.Architecture,
            TrainedContext = model.ContextSize,
            VocabularySize = model.Vocab.Count,
            Layers = model.LayerCount,
            QueryHeads = traits.QueryHeads,
            KvHeads = traits.KvHeads,
            KeyDimension = traits.KeyDimension,
            ValueDimension = traits.ValueDimension,
            HasRotaryPositions = traits.HasRotaryPositions(layout),
            Rotary = traits.Rotary(layout, isHybrid),
            AttentionScale = traits.AttentionScale,
            IsRecurrent = model.IsRecurrent,
            IsHybrid = isHybrid,
            SlidingWindow = model.SWACount,
            PoolingType = traits.PoolingType,
            ChatTemplate = model.GetTemplate(strict: false),
        };
    }
}
