namespace LLama.Native;

internal enum LLamaRopeType
{
    None = -1,
    Norm = 0,
}
