using CurKv.KvPolicy.Numerics;

namespace CurKv.KvPolicy.Cache;

/// <summary>
/// How llama.cpp rotates keys, values and queries before a quantised cache stores them: each run of <see cref="Size"/> elements is
/// multiplied with the orthonormal Walsh-Hadamard matrix, which is its own inverse.
/// </summary>
public sealed record HadamardRotation
{
    private readonly float _scale;

    /// <summary>Creates the rotation.</summary>
    /// <param name="size">Elements in one run, a power of 2.</param>
    /// <exception cref="ArgumentException"><paramref name="size"/> is no power of 2.</exception>
    public HadamardRotation(int size)
    {
        if (!int.IsPow2(size))
        {
            throw new ArgumentException($"A Walsh-Hadamard matrix of {size} rows does not exist; the number must be a power of 2.", nameof(size));
        }

        Size = size;
        _scale = 1 / MathF.Sqrt(size);
    }

    /// <summary>Elements in one run.</summary>
    public int Size { get; }

    /// <summary>Rotates a row in place; a second call rotates it back.</summary>
    /// <param name="row">A whole number of runs.</param>
    /// <exception cref="ArgumentException">The row's length is no multiple of <see cref="Size"/>.</exception>
    public void Apply(Span<float> row)
    {
        if (row.Length % Size != 0)
        {
            throw new ArgumentException($"{row.Length} elements are not a whole number of runs of {Size}.", nameof(row));
        }

        for (int start = 0; start < row.Length; start += Size)
        {
            WalshHadamard.Transform(row.Slice(start, Size), _scale);
        }
    }
}
