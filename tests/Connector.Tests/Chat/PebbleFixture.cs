using CurKv.Connector.Chat;

namespace CurKv.Connector.Tests.Chat;

/// <summary>One client over the small trained model, shared by a class's tests.</summary>
public sealed class PebbleFixture : IDisposable
{
    public LlamaChatClient Client { get; } = Pebble.Create();

    public void Dispose() => Client.Dispose();
}
