namespace CurKv.Connector.Engine;

/// <summary>Draws tokens from logits (<see cref="ILlamaContext.Sample"/>), and takes note of them. Used on one thread only.</summary>
internal interface ILlamaSampler : IDisposable;
