using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;

namespace CurKv.Connector.Scheduling;

/// <summary>The input of a prefill without an answer.</summary>
/// <param name="Prefix">The snapshot that precedes the tokens; null for none.</param>
/// <param name="Tokens">The tokens to prefill.</param>
/// <param name="Compression">How the sequence is compressed; null to keep all of it.</param>
internal sealed record PrefillRequest(KvSnapshot? Prefix, int[] Tokens, KvCompressionPlan? Compression);
