using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Budgets;

/// <summary>One layer's cells, shared among its heads (AdaKV, arXiv 2407.11550) and grown one cell per head at a time.</summary>
/// <remarks>
/// What a larger pool holds includes what a smaller one holds: each step gives every head that has less than it is sure of one more
/// cell, and the others go to the best pairs of head and token that are left.
/// </remarks>
internal sealed class PooledBudgets
{
    private readonly float[] _ranked;
    private readonly int _tokens;
    private readonly double _safeguard;
    private readonly int[] _budgets;
    private readonly float[] _next;
    private int _given;

    /// <summary>Creates a pool without cells.</summary>
    /// <param name="ranked">The scores <c>[heads][tokens]</c>, every head's best first; may be longer.</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="tokens">The number of tokens.</param>
    /// <param name="safeguard">The share of <see cref="Cells"/> that every head is sure of.</param>
    public PooledBudgets(float[] ranked, int heads, int tokens, double safeguard)
    {
        _ranked = ranked;
        _tokens = tokens;
        _safeguard = safeguard;
        _budgets = new int[heads];
        _next = new float[heads];
        for (int head = 0; head < heads; head++)
        {
            Advance(head, 0);
        }
    }

    /// <summary>The number of cells per head, on average.</summary>
    public int Cells { get; private set; }

    /// <summary>The cells of each head.</summary>
    public ReadOnlySpan<int> Budgets => _budgets;

    /// <summary>Adds as many cells as there are heads. There must be tokens left.</summary>
    [MethodImpl(Hot.Loop)]
    public void Grow()
    {
        Cells++;
        int sure = Share.Floor(_safeguard, Cells);
        for (int head = 0; head < _budgets.Length; head++)
        {
            if (_budgets[head] < sure)
            {
                Advance(head, 1);
            }
        }

        while (_given < _budgets.Length * Cells)
        {
            Advance(TensorPrimitives.IndexOfMax<float>(_next), 1);
        }
    }

    private void Advance(int head, int cells)
    {
        _budgets[head] += cells;
        _given += cells;

        // A head that has all its tokens comes after one whose next token is evicted first.
        _next[head] = _budgets[head] < _tokens
            ? float.MaxNumber(_ranked[(head * _tokens) + _budgets[head]], float.MinValue)
            : float.NegativeInfinity;
    }
}
