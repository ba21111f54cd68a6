namespace LLama.Native;

internal readonly record struct LLamaToken
{
    private readonly int _value;

    private LLamaToken(int value) => _value = value;

    public static explicit operator int(LLamaToken token) => token._value;

    public static implicit operator LLamaToken(int value) => new(value);

    public bool IsEndOfGeneration(SafeLlamaModelHandle.Vocabulary vocab) => vocab.IsEndOfGeneration(_value);
}
