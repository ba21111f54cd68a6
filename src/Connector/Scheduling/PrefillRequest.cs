using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>What is to be read, without an answer to it.</summary>
/// <param name="Prefix">What is already read and goes before the tokens; null for nothing.</param>
/// <param name="Tokens">The tokens to read.</param>
/// <param name="Compression">How all of it is compressed; null to keep it.</param>
internal sealed record PrefillRequest(KvSnapshot? Prefix, int[] Tokens, KvCompressionPlan? Compression);
