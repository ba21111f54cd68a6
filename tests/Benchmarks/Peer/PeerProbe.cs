using Microsoft.Extensions.AI;

namespace CurKv.Benchmarks.Peer;

/// <summary>Something that a chat client is tried at.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Title">What tables call it.</param>
/// <param name="RunAsync">Tries it and says what came of it. What it throws is an outcome too.</param>
internal sealed record PeerProbe(string Name, string Title, Func<IChatClient, CancellationToken, Task<string>> RunAsync);
