using System.Text;

namespace CurKv.Connector.Tests.Models;

/// <summary>Writes the GGUF container, version 3, with float32 tensors only.</summary>
/// <param name="architecture">The model's <c>general.architecture</c>, which is also the prefix of its own keys.</param>
internal sealed class GgufWriter(string architecture)
{
    private const int Alignment = 32;
    private readonly List<Action<BinaryWriter>> _metadata = [writer => WriteText(writer, "general.architecture", architecture)];
    private readonly List<(string Name, int[] Shape, Func<float> Next)> _tensors = [];

    /// <summary>Adds a text under its whole key.</summary>
    public void Text(string key, string value) => _metadata.Add(writer => WriteText(writer, key, value));

    /// <summary>Adds a number under its whole key.</summary>
    public void PlainNumber(string key, int value) => _metadata.Add(writer =>
    {
        WriteKey(writer, key, 4);
        writer.Write(value);
    });

    /// <summary>Adds a number under <c>{architecture}.{key}</c>.</summary>
    public void Number(string key, int value) => PlainNumber($"{architecture}.{key}", value);

    /// <summary>Adds a floating-point number under <c>{architecture}.{key}</c>.</summary>
    public void Real(string key, float value) => _metadata.Add(writer =>
    {
        WriteKey(writer, $"{architecture}.{key}", 6);
        writer.Write(value);
    });

    /// <summary>Adds a truth value under <c>{architecture}.{key}</c>.</summary>
    public void Flag(string key, bool value) => _metadata.Add(writer =>
    {
        WriteKey(writer, $"{architecture}.{key}", 7);
        writer.Write(value);
    });

    /// <summary>Adds a number for each layer under <c>{architecture}.{key}</c>.</summary>
    public void Numbers(string key, IReadOnlyList<int> values) => Array($"{architecture}.{key}", 5, values.Count, (writer, i) => writer.Write(values[i]));

    /// <summary>Adds an array under its whole key.</summary>
    public void Array(string key, uint type, int count, Action<BinaryWriter, int> item) => _metadata.Add(writer =>
    {
        WriteKey(writer, key, 9);
        writer.Write(type);
        writer.Write((long)count);
        for (int i = 0; i < count; i++)
        {
            item(writer, i);
        }
    });

    /// <summary>Adds a tensor whose elements are asked for one after the other when the file is written.</summary>
    public void Tensor(string name, int[] shape, Func<float> next) => _tensors.Add((name, shape, next));

    /// <summary>Writes the file.</summary>
    public void Write(string path)
    {
        using FileStream stream = File.Create(path);
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((long)_tensors.Count);
        writer.Write((long)_metadata.Count);
        _metadata.ForEach(write => write(writer));

        long offset = 0;
        foreach ((string name, int[] shape, _) in _tensors)
        {
            WriteString(writer, name);
            writer.Write((uint)shape.Length);
            foreach (int extent in shape.Reverse())
            {
                writer.Write((long)extent);
            }

            writer.Write(0u);
            writer.Write(offset);
            offset += Padded(Elements(shape) * sizeof(float));
        }

        Pad(writer);
        foreach ((_, int[] shape, Func<float> next) in _tensors)
        {
            for (long i = Elements(shape); i > 0; i--)
            {
                writer.Write(next());
            }

            Pad(writer);
        }
    }

    /// <summary>Writes a text as GGUF has it: its length and its UTF-8 bytes.</summary>
    public static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteText(BinaryWriter writer, string key, string value)
    {
        WriteKey(writer, key, 8);
        WriteString(writer, value);
    }

    private static void WriteKey(BinaryWriter writer, string key, uint type)
    {
        WriteString(writer, key);
        writer.Write(type);
    }

    private static long Elements(int[] shape) => shape.Aggregate(1L, (product, extent) => product * extent);

    private static long Padded(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        while (writer.BaseStream.Position % Alignment != 0)
        {
            writer.Write((byte)0);
        }
    }
}
