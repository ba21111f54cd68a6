namespace CurKv.Connector.Engine;

/// <summary>Draws tokens from the last decoded token's logits. Used on the context's thread only.</summary>
internal interface ILlamaSampler : IDisposable
{
    /// <summary>Draws the next token, and takes note of it.</summary>
    int Sample();
}
