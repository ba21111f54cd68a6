namespace CurKv.Benchmarks.Kernels;

/// <summary>One kernel over one element type, on one thread.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Type">The element type.</param>
/// <param name="GbPerS">Gigabytes of keys, values or scores a second, in its best round.</param>
/// <param name="OfRead">Its speed over that of a plain read of the same memory: the median of the ratios round by round.</param>
/// <param name="OfTensorPrimitives">The same over plain code with TensorPrimitives; null where there is no such twin.</param>
internal sealed record KernelRow(string Kernel, string Type, double GbPerS, double OfRead, double? OfTensorPrimitives);
