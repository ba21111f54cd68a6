using System.Runtime.InteropServices;
using LLama.Native;

namespace CurKv.Connector.Engine;

/// <summary>
/// A batch that is allocated once for many decodes: LLamaSharp's own pin their arrays for each. Every token is of one sequence, and no
/// output is wanted until it is said. Its memory is given back when it is disposed or collected.
/// </summary>
internal sealed unsafe class NativeBatch : SafeHandle
{
    private LLamaNativeBatch _batch;

    /// <summary>Allocates a batch.</summary>
    /// <param name="tokens">The most tokens that it holds.</param>
    /// <param name="ownSequences">Whether each token's sequence is set for itself; otherwise the first one's is all tokens'.</param>
    public NativeBatch(int tokens, bool ownSequences)
        : base(0, ownsHandle: true)
    {
        // One block for all arrays, those of pointers first: each is aligned then.
        nuint count = (nuint)tokens;
        SetHandle((nint)NativeMemory.AllocZeroed(count, (nuint)(sizeof(nint) + (4 * sizeof(int)) + sizeof(byte))));
        _batch.seq_id = (LLamaSeqId**)handle;
        _batch.tokens = (LLamaToken*)(_batch.seq_id + count);
        _batch.pos = (LLamaPos*)(_batch.tokens + count);
        _batch.n_seq_id = (int*)(_batch.pos + count);
        var sequences = (LLamaSeqId*)(_batch.n_seq_id + count);
        _batch.logits = (byte*)(sequences + count);
        for (int i = 0; i < tokens; i++)
        {
            _batch.n_seq_id[i] = 1;
            _batch.seq_id[i] = ownSequences ? sequences + i : sequences;
        }
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The batch as llama.cpp takes it.</summary>
    /// <exception cref="ObjectDisposedException">Its memory is given back.</exception>
    public ref LLamaNativeBatch Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return ref _batch;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
