namespace LLama.Native;

internal readonly record struct LLamaPos
{
    private readonly int _value;

    private LLamaPos(int value) => _value = value;

    public static explicit operator int(LLamaPos position) => position._value;

    public static implicit operator LLamaPos(int value) => new(value);
}
