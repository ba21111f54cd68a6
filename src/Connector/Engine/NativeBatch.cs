using System.Runtime.InteropServices;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <summary>Allocates batches once for many decodes: LLamaSharp's own pin their arrays for each.</summary>
internal static unsafe class NativeBatch
{
    /// <summary>Allocates a batch in which every token is of one sequence, and no output is wanted.</summary>
    /// <param name="tokens">The most tokens that it holds.</param>
    /// <param name="ownSequences">Whether each token's sequence is set for itself; otherwise the first one's is all tokens'.</param>
    public static LLamaNativeBatch Allocate(int tokens, bool ownSequences)
    {
        nuint size = (nuint)tokens;
        LLamaNativeBatch batch = default;
        batch.tokens = (LLamaToken*)NativeMemory.Alloc(size, sizeof(int));
        batch.pos = (LLamaPos*)NativeMemory.Alloc(size, sizeof(int));
        batch.n_seq_id = (int*)NativeMemory.Alloc(size, sizeof(int));
        batch.seq_id = (LLamaSeqId**)NativeMemory.Alloc(size, (nuint)sizeof(nint));
        batch.logits = (byte*)NativeMemory.AllocZeroed(size);
        var sequences = (LLamaSeqId*)NativeMemory.AllocZeroed(ownSequences ? size : 1, sizeof(int));
        for (int i = 0; i < tokens; i++)
        {
            batch.n_seq_id[i] = 1;
            batch.seq_id[i] = ownSequences ? sequences + i : sequences;
        }

        return batch;
    }

    /// <summary>Frees what <see cref="Allocate"/> gave.</summary>
    public static void Free(ref LLamaNativeBatch batch)
    {
        NativeMemory.Free(batch.seq_id[0]);
        NativeMemory.Free(batch.seq_id);
        NativeMemory.Free(batch.n_seq_id);
        NativeMemory.Free(batch.pos);
        NativeMemory.Free(batch.logits);
        NativeMemory.Free(batch.tokens);
        batch = default;
    }
}
