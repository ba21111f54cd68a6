namespace CurKv.Connector.Engine.Gguf;

/// <summary>Where a tensor lies in a GGUF file.</summary>
/// <param name="Shape">Elements in each dimension, the fastest first; at most four. As the file has them: not checked against anything.</param>
/// <param name="Type">ggml's number of the element type.</param>
/// <param name="Position">The first byte, from the file's beginning; it lies within the file.</param>
internal sealed record GgufTensor(IReadOnlyList<long> Shape, uint Type, long Position);
