using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache.State;

namespace CurKv.Connector.Scheduling;

/// <summary>Decodes tokens and appends them to a sequence.</summary>
internal static class SequenceDecoding
{
    /// <summary>Decodes at most a batch of tokens.</summary>
    /// <exception cref="LlamaException">llama.cpp could not decode them.</exception>
    public static void Decode(this ILlamaContext context, KvSequence sequence, ReadOnlySpan<int> tokens, bool logits)
    {
        DecodeStatus status = context.Decode(tokens, sequence.Tokens, sequence.Id, logits);
        if (status != DecodeStatus.Ok)
        {
            throw new LlamaException($"llama.cpp could not decode {tokens.Length} tokens at position {sequence.Tokens} with {sequence.Cells} cells in use: {status}. {NativeLog.LastErrors()}");
        }

        sequence.Append(tokens);
    }
}
