using System.Collections;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Tests.Conformance;

/// <summary>Messages that can be enumerated once only, as those of an iterator over a store.</summary>
internal sealed class ReadOnce(params ChatMessage[] messages) : IEnumerable<ChatMessage>
{
    private int _enumerations;

    public IEnumerator<ChatMessage> GetEnumerator()
    {
        Assert.Equal(1, Interlocked.Increment(ref _enumerations));
        return messages.AsEnumerable().GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
