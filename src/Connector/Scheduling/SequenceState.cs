using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>The one sequence of a context: what its cells hold is put there, taken out and kept in host memory. Used on the native thread only.</summary>
internal sealed unsafe class SequenceState(ILlamaEngine engine, SizedContext sized)
{
    /// <summary>The context.</summary>
    public SizedContext Sized => sized;

    /// <summary>What the cells hold now.</summary>
    public KvSequence Sequence { get; } = new(0, engine.Model.SlidingWindow);

    /// <summary>Empties the cache and puts there what was read before, with room for so many tokens more.</summary>
    /// <param name="snapshot">What was read before; null for nothing.</param>
    /// <param name="tokens">The tokens that follow.</param>
    /// <param name="plan">How all of it will be compressed; null for not at all.</param>
    public void Begin(KvSnapshot? snapshot, int tokens, KvCompressionPlan? plan)
    {
        sized.Reserve(plan is { NeedsRepetition: true } ? int.MaxValue : snapshot?.Contents.CellsWith(tokens) ?? tokens);
        sized.Compressor.Forget();
        sized.Context.SequenceRemove(Sequence.Id);
        Sequence.Clear();
        if (snapshot is not null)
        {
            ObjectDisposedException.ThrowIf(snapshot.Data == null, snapshot);
            Put(snapshot);
        }
    }

    /// <summary>Copies the cells into host memory.</summary>
    /// <exception cref="KvCompressionException">llama.cpp did not give them.</exception>
    public KvSnapshot Take()
    {
        nuint size = sized.Context.StateSize(Sequence.Id);
        var snapshot = new KvSnapshot(size, Sequence);
        if (sized.Context.StateGet(Sequence.Id, snapshot.Data, size) != size)
        {
            snapshot.Dispose();
            throw new KvCompressionException($"llama.cpp did not give the {Sequence.Cells} cells that were read. {NativeLog.LastErrors()}");
        }

        return snapshot;
    }

    /// <summary>Whether one more token fits, once a context that was shrunk has all its cells again.</summary>
    public bool HasRoom()
    {
        if (Sequence.CellsWith(1) > sized.Context.Settings.ContextSize && sized.IsShrunk)
        {
            using KvSnapshot snapshot = Take();
            sized.Reserve(int.MaxValue);
            Put(snapshot);
        }

        return Sequence.CellsWith(1) <= sized.Context.Settings.ContextSize;
    }

    private void Put(KvSnapshot snapshot)
    {
        bool isPut = TryPut(snapshot);
        if (!isPut && sized.IsShrunk)
        {
            // Some builds of llama.cpp keep more of a sliding window than it needs.
            sized.Reserve(int.MaxValue);
            isPut = TryPut(snapshot);
        }

        if (!isPut)
        {
            throw new KvCompressionException($"llama.cpp refused the {snapshot.Contents.Cells} cells that were taken out of the cache; read the document again, or ask again. {NativeLog.LastErrors()}");
        }

        Sequence.CopyFrom(snapshot.Contents);
    }

    private bool TryPut(KvSnapshot snapshot)
    {
        if (sized.Context.StateSet(Sequence.Id, snapshot.Data, snapshot.Size) == snapshot.Size)
        {
            return true;
        }

        // A refused blob may leave cells registered.
        sized.Context.SequenceRemove(Sequence.Id);
        return false;
    }
}
