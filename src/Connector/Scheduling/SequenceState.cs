using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.KvCache;
using CurKv.Connector.KvCache.State;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>The one sequence of a context: what its cells hold is put there, taken out and kept in host memory. Used on the native thread only.</summary>
internal sealed unsafe class SequenceState(ILlamaEngine engine, ResizableContext resizable)
{
    /// <summary>The context.</summary>
    public ResizableContext Sized => resizable;

    /// <summary>What the cells hold now.</summary>
    public KvSequence Sequence { get; } = new(0, engine.Model.SlidingWindow);

    /// <summary>Empties the cache and puts there what was read before, with room for so many tokens more.</summary>
    /// <param name="snapshot">What was read before; null for nothing.</param>
    /// <param name="tokens">The tokens that follow.</param>
    /// <param name="plan">How all of it will be compressed; null for not at all.</param>
    public void Begin(KvSnapshot? snapshot, int tokens, KvCompressionPlan? plan)
    {
        resizable.Reserve(plan is { NeedsReconstruction: true } ? int.MaxValue : snapshot?.Contents.CellsWith(tokens) ?? tokens);
        resizable.Compressor.Forget();
        resizable.Context.SequenceRemove(Sequence.Id);
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
        nuint size = resizable.Context.StateSize(Sequence.Id);
        var snapshot = new KvSnapshot(size, Sequence);
        if (resizable.Context.StateGet(Sequence.Id, snapshot.Data, size) != size)
        {
            snapshot.Dispose();
            throw new KvCompressionException($"llama.cpp did not give the {Sequence.Cells} cells that were read. {NativeLog.LastErrors()}");
        }

        return snapshot;
    }

    /// <summary>Whether one more token fits, once a context that was shrunk has all its cells again.</summary>
    public bool HasRoom()
    {
        if (Sequence.CellsWith(1) > resizable.Context.Settings.ContextSize && resizable.IsShrunk)
        {
            using KvSnapshot snapshot = Take();
            resizable.Reserve(int.MaxValue);
            Put(snapshot);
        }

        return Sequence.CellsWith(1) <= resizable.Context.Settings.ContextSize;
    }

    private void Put(KvSnapshot snapshot)
    {
        bool isPut = TryPut(snapshot);
        if (!isPut && resizable.IsShrunk)
        {
            // Some builds of llama.cpp keep more of a sliding window than it needs.
            resizable.Reserve(int.MaxValue);
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
        if (resizable.Context.StateSet(Sequence.Id, snapshot.Data, snapshot.Size) == snapshot.Size)
        {
            return true;
        }

        // A refused blob may leave cells registered.
        resizable.Context.SequenceRemove(Sequence.Id);
        return false;
    }
}
