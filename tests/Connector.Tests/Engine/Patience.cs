namespace CurKv.Connector.Tests.Engine;

/// <summary>How long a test waits for what has to come: far longer than it takes, so that only a hang fails.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
}
