using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Native;

/// <summary><c>llama_token_data_array</c>: what samplers work on. They may set <see cref="Data"/> to a buffer of their own.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TokenDataArray
{
    public TokenData* Data;
    public nuint Size;

    /// <summary>The index of the token that was drawn; −1 before that.</summary>
    public long Selected;

    /// <summary>Whether candidates are in descending order of logits.</summary>
    public byte IsSorted;
}
