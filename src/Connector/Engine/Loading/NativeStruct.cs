using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Loading;

/// <summary>A C struct as the compiler lays it out, with the value that a library is expected to set each field to.</summary>
internal sealed class NativeStruct : IEnumerable<string>
{
    private readonly List<(string Name, int Offset, byte[] Value, string Text)> _fields = [];
    private int _end;
    private int _alignment = 1;

    /// <summary>The struct's bytes.</summary>
    public int Size => Aligned(_end, _alignment);

    /// <summary>Adds the next field.</summary>
    public void Add<T>(string name, T value)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        int offset = Aligned(_end, size);
        byte[] bytes = new byte[size];
        MemoryMarshal.Write(bytes, in value);
        _fields.Add((name, offset, bytes, string.Create(CultureInfo.InvariantCulture, $"{value}")));
        (_end, _alignment) = (offset + size, Math.Max(_alignment, size));
    }

    /// <summary>Where a field begins.</summary>
    public int OffsetOf(string name) => _fields.First(field => field.Name == name).Offset;

    /// <summary>The first field that has another value than expected; null where all are as expected. Padding is not looked at.</summary>
    /// <param name="actual">The struct as a library has filled it.</param>
    public string? FirstDifference(ReadOnlySpan<byte> actual)
    {
        foreach ((string name, int offset, byte[] value, string text) in _fields)
        {
            if (actual.Length < offset + value.Length || !actual.Slice(offset, value.Length).SequenceEqual(value))
            {
                return $"{name} at byte {offset} is not {text}";
            }
        }

        return null;
    }

    /// <summary>The fields' names, in order.</summary>
    public IEnumerator<string> GetEnumerator() => _fields.Select(field => field.Name).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static int Aligned(int offset, int alignment) => (offset + alignment - 1) / alignment * alignment;
}
