namespace CurKv.KvPolicy.Kernels;

/// <summary>How a row of elements lies in memory.</summary>
internal unsafe interface IRowFormat
{
    /// <summary>Widens a row to floats, exactly; an infinity may become NaN.</summary>
    /// <param name="row">The first element.</param>
    /// <param name="target">Receives the floats.</param>
    /// <param name="length">The number of elements.</param>
    static abstract void Widen(byte* row, float* target, int length);
}
