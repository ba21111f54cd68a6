using System.Text;

namespace CurKv.Connector.Engine.Gguf;

/// <summary>The head of a GGUF file (version 2 or 3): its metadata and where its tensors are. Read before llama.cpp sees the file.</summary>
internal sealed class GgufFile
{
    private const uint Magic = 0x46554747;
    private const long MaxStringBytes = 64L << 20;
    private const int MaxDimensions = 4;
    private const int MaxNumbers = 4096;
    private readonly Dictionary<string, object> _metadata = [];
    private readonly Dictionary<string, GgufTensor> _tensors = [];

    private GgufFile()
    {
    }

    /// <summary>The model's <c>general.architecture</c>.</summary>
    public string Architecture { get; private set; } = string.Empty;

    /// <summary>Reads a file's head and checks that the file is whole.</summary>
    /// <exception cref="LlamaModelException">The file is missing, is no GGUF, or is cut off.</exception>
    public static GgufFile Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new LlamaModelException(path, $"The model file '{path}' does not exist.") { Fault = LlamaFault.ModelUnusable };
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            using var reader = new BinaryReader(stream, Encoding.UTF8);
            return new GgufFile().Read(reader, path);
        }
        catch (EndOfStreamException e)
        {
            throw new LlamaModelException(path, $"The model file '{path}' is cut off within its metadata. Download or copy it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LlamaModelException(path, $"The model file '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether the file holds a tensor of this name.</summary>
    public bool HasTensor(string name) => _tensors.ContainsKey(name);

    /// <summary>The tensor of this name, or null where the file has none.</summary>
    public GgufTensor? Tensor(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>A text under <c>{architecture}.{key}</c>, or null where the file has none.</summary>
    public string? Text(string key) => _metadata.GetValueOrDefault($"{Architecture}.{key}") as string;

    /// <summary>A floating-point number under <c>{architecture}.{key}</c>, or null where the file has none.</summary>
    public double? Real(string key) => _metadata.GetValueOrDefault($"{Architecture}.{key}") as double?;

    /// <summary>A whole number under <c>{architecture}.{key}</c>, or null where the file has none.</summary>
    public long? Number(string key) => _metadata.GetValueOrDefault($"{Architecture}.{key}") switch
    {
        null or string or double or int[] => null,
        object number => Convert.ToInt64(number, System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// A whole number for each layer under <c>{architecture}.{key}</c>: one number stands for all of them; null where the file has
    /// none.
    /// </summary>
    public IReadOnlyList<int>? Numbers(string key) =>
        _metadata.GetValueOrDefault($"{Architecture}.{key}") as int[] ?? (Number(key) is long number ? [(int)number] : null);

    private GgufFile Read(BinaryReader reader, string path)
    {
        if (reader.BaseStream.Length < 24 || reader.ReadUInt32() != Magic)
        {
            throw new LlamaModelException(path, $"'{path}' is not a GGUF file.") { Fault = LlamaFault.ModelUnusable };
        }

        uint version = reader.ReadUInt32();
        if (version is not (2 or 3))
        {
            throw new LlamaModelException(path, $"'{path}' is GGUF version {version}; versions 2 and 3 can be read. Convert the model again.");
        }

        long tensors = reader.ReadInt64();
        long entries = reader.ReadInt64();
        for (long i = 0; i < entries; i++)
        {
            string key = ReadString(reader, path);
            if (ReadValue(reader, reader.ReadUInt32(), path) is object value)
            {
                _metadata[key] = value;
            }
        }

        Architecture = _metadata.GetValueOrDefault("general.architecture") as string
            ?? throw new LlamaModelException(path, $"'{path}' names no general.architecture; it is not a language model.");
        ReadTensors(reader, tensors, path);
        return this;
    }

    // Every tensor's first byte must lie within the file: a cut-off download fails here and not inside a memory map.
    private void ReadTensors(BinaryReader reader, long count, string path)
    {
        List<(string Name, long[] Shape, uint Type, ulong Offset)> tensors = [];
        ulong lastOffset = 0;
        for (long i = 0; i < count; i++)
        {
            tensors.Add((ReadString(reader, path), ReadShape(reader, path), reader.ReadUInt32(), reader.ReadUInt64()));
            lastOffset = Math.Max(lastOffset, tensors[^1].Offset);
        }

        long alignment = _metadata.GetValueOrDefault("general.alignment") is uint given and > 0 ? given : 32;
        long data = (reader.BaseStream.Position + alignment - 1) / alignment * alignment;
        if (count > 0 && (reader.BaseStream.Length <= data || lastOffset >= (ulong)(reader.BaseStream.Length - data)))
        {
            throw new LlamaModelException(path, $"The model file '{path}' is cut off: it has {reader.BaseStream.Length:N0} bytes, and its last tensor begins {lastOffset:N0} bytes behind the first one, at {data:N0}. Download or copy it again.");
        }

        foreach ((string name, long[] shape, uint type, ulong offset) in tensors)
        {
            _tensors[name] = new GgufTensor(shape, type, data + (long)offset);
        }
    }

    private static long[] ReadShape(BinaryReader reader, string path)
    {
        uint dimensions = reader.ReadUInt32();
        if (dimensions > MaxDimensions)
        {
            throw new LlamaModelException(path, $"The metadata of '{path}' is damaged (a tensor of {dimensions} dimensions). Download or copy the file again.");
        }

        long[] shape = new long[dimensions];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = reader.ReadInt64();
        }

        return shape;
    }

    private static string ReadString(BinaryReader reader, string path)
    {
        long length = reader.ReadInt64();
        if (length is < 0 or > MaxStringBytes)
        {
            throw new LlamaModelException(path, $"The metadata of '{path}' is damaged. Download or copy the file again.");
        }

        byte[] bytes = reader.ReadBytes((int)length);
        return bytes.Length == length ? Encoding.UTF8.GetString(bytes) : throw new EndOfStreamException();
    }

    // Arrays (the vocabulary, mostly) are passed over, but for those with a number for each layer.
    private static object? ReadValue(BinaryReader reader, uint type, string path)
    {
        switch (type)
        {
            case 0: return reader.ReadByte();
            case 1: return reader.ReadSByte();
            case 2: return reader.ReadUInt16();
            case 3: return reader.ReadInt16();
            case 4: return reader.ReadUInt32();
            case 5: return reader.ReadInt32();
            case 6: return (double)reader.ReadSingle();
            case 7: return reader.ReadBoolean();
            case 8: return ReadString(reader, path);
            case 9: return ReadArray(reader, path);
            case 10: return reader.ReadUInt64();
            case 11: return reader.ReadInt64();
            case 12: return reader.ReadDouble();
            default: throw new LlamaModelException(path, $"The metadata of '{path}' is damaged (value type {type}). Download or copy the file again.");
        }
    }

    private static int[]? ReadArray(BinaryReader reader, string path)
    {
        uint type = reader.ReadUInt32();
        long count = reader.ReadInt64();
        if (count < 0 || count > reader.BaseStream.Length)
        {
            throw new EndOfStreamException();
        }

        if (type is 4 or 5 && count <= MaxNumbers)
        {
            return ReadNumbers(reader, (int)count);
        }

        SkipArray(reader, path, type, count);
        return null;
    }

    private static int[] ReadNumbers(BinaryReader reader, int count)
    {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = reader.ReadInt32();
        }

        return numbers;
    }

    private static void SkipArray(BinaryReader reader, string path, uint type, long count)
    {
        int size = type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 10 or 11 or 12 => 8, _ => 0 };
        if (size > 0)
        {
            Skip(reader, count * size);
            return;
        }

        // No model has arrays of arrays; a file made to nest them without end must not find a stack to overflow.
        if (type != 8)
        {
            throw new LlamaModelException(path, $"The metadata of '{path}' is damaged (arrays of type {type}). Download or copy the file again.");
        }

        for (long i = 0; i < count; i++)
        {
            Skip(reader, reader.ReadInt64());
        }
    }

    private static void Skip(BinaryReader reader, long bytes)
    {
        if (bytes < 0 || bytes > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new EndOfStreamException();
        }

        reader.BaseStream.Position += bytes;
    }
}
