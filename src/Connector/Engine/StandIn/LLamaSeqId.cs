namespace LLama.Native;

internal readonly record struct LLamaSeqId
{
    private readonly int _value;

    private LLamaSeqId(int value) => _value = value;

    public static explicit operator LLamaSeqId(int value) => new(value);

    public static explicit operator int(LLamaSeqId sequence) => sequence._value;
}
