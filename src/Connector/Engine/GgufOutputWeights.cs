using System.Buffers;
using System.Globalization;
using CurKv.Connector.Engine.Gguf;
using CurKv.Connector.Engine.Native;
using CurKv.KvPolicy.Cache;
using Microsoft.Win32.SafeHandles;

namespace CurKv.Connector.Engine;

/// <summary>
/// The weights <c>blk.*.attn_output.weight</c> of a GGUF file, read and dequantised when they are asked for: llama.cpp does not
/// hand out its own, which may lie on a GPU.
/// </summary>
internal sealed unsafe class GgufOutputWeights : IKvOutputWeights
{
    private const int ChunkBytes = 64 << 10;
    private readonly string _path;
    private readonly GgufTensor?[] _layers;

    private GgufOutputWeights(string path, GgufTensor?[] layers, int embedding, int inputs)
    {
        _path = path;
        _layers = layers;
        Embedding = embedding;
        Inputs = inputs;
    }

    public int Embedding { get; }

    public int Inputs { get; }

    /// <summary>Finds the layers' weights.</summary>
    /// <param name="gguf">The file's head.</param>
    /// <param name="model">The model that llama.cpp has loaded from the file.</param>
    /// <param name="embedding">Elements of the model's embedding.</param>
    /// <returns>The weights, or null where no layer's are in this file in the usual shape.</returns>
    public static GgufOutputWeights? Open(GgufFile gguf, LlamaModelInfo model, int embedding)
    {
        int inputs = model.QueryHeads * model.ValueDimension;
        GgufTensor?[] layers = [.. Enumerable.Range(0, model.Layers)
            .Select(layer => gguf.Tensor(string.Create(CultureInfo.InvariantCulture, $"blk.{layer}.attn_output.weight")))
            .Select(tensor => tensor?.Shape is [long columns, long rows] && columns == inputs && rows == embedding ? tensor : null)];
        return layers.Any(tensor => tensor is not null) ? new GgufOutputWeights(model.Path, layers, embedding, inputs) : null;
    }

    /// <summary>The weights of some layers, which are counted from 0 again.</summary>
    /// <returns>The weights, or null where one of them is in another file, in another shape, or not there at all.</returns>
    public GgufOutputWeights? Of(IReadOnlyList<int> layers) => layers.All(layer => layer < _layers.Length && _layers[layer] is not null)
        ? new GgufOutputWeights(_path, [.. layers.Select(layer => _layers[layer])], Embedding, Inputs)
        : null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no such layer, or <paramref name="weights"/> has another size.</exception>
    /// <exception cref="LlamaModelException">The file cannot be read.</exception>
    /// <exception cref="LlamaNativeLibraryException">The loaded ggml cannot be asked to dequantise.</exception>
    public void Read(int layer, Span<float> weights)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, _layers.Length);
        if (weights.Length != (long)Embedding * Inputs)
        {
            throw new ArgumentException($"{Embedding} x {Inputs} weights do not go into {weights.Length}.", nameof(weights));
        }

        GgufTensor tensor = _layers[layer] ?? throw new ArgumentOutOfRangeException(nameof(layer), layer, "The layer has no output weights.");
        GgmlTypeTraits* traits = GgmlTypeTraits.Of((int)tensor.Type);
        if (traits->BlockElements < 1 || Inputs % traits->BlockElements != 0 || (traits->ToFloat is null && tensor.Type != (uint)KvElementType.F32))
        {
            throw new LlamaModelException(_path, $"The output weights of layer {layer} in '{_path}' have the element type {tensor.Type}, which ggml cannot turn into floats. Use another quantisation of the model.");
        }

        using SafeFileHandle file = OpenFile();
        int rowBytes = checked((int)(Inputs / traits->BlockElements * (long)traits->BlockBytes));
        int chunkRows = Math.Clamp(ChunkBytes / rowBytes, 1, Embedding);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(chunkRows * rowBytes);
        try
        {
            for (int row = 0; row < Embedding; row += chunkRows)
            {
                int rows = Math.Min(chunkRows, Embedding - row);
                Span<byte> bytes = buffer.AsSpan(0, rows * rowBytes);
                ReadBytes(file, bytes, tensor.Position + ((long)row * rowBytes));
                Convert(traits, bytes, weights.Slice(row * Inputs, rows * Inputs));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Convert(GgmlTypeTraits* traits, ReadOnlySpan<byte> bytes, Span<float> weights)
    {
        fixed (byte* source = bytes)
        fixed (float* destination = weights)
        {
            if (traits->ToFloat is null)
            {
                bytes.CopyTo(new Span<byte>(destination, bytes.Length));
            }
            else
            {
                traits->ToFloat(source, destination, weights.Length);
            }
        }
    }

    private SafeFileHandle OpenFile()
    {
        try
        {
            return File.OpenHandle(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e);
        }
    }

    private void ReadBytes(SafeFileHandle file, Span<byte> bytes, long position)
    {
        try
        {
            while (bytes.Length > 0)
            {
                int read = RandomAccess.Read(file, bytes, position);
                if (read == 0)
                {
                    throw new LlamaModelException(_path, $"The model file '{_path}' is cut off within its output weights. Download or copy it again.");
                }

                bytes = bytes[read..];
                position += read;
            }
        }
        catch (IOException e)
        {
            throw Unreadable(e);
        }
    }

    private LlamaModelException Unreadable(Exception e) => new(_path, $"The model file '{_path}' cannot be read: {e.Message}", e);
}
