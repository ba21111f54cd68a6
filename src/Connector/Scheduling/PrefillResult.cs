namespace CurKv.Connector.Scheduling;

/// <summary>The result of a prefill.</summary>
/// <param name="PrefillTime">The time to decode the tokens, including a policy's reconstruction pass.</param>
/// <param name="Compressions">The compressions, in order: between the steps of a prompt that is longer than the cache, and at its end.</param>
internal sealed record PrefillResult(TimeSpan PrefillTime, List<KvCompressionReport> Compressions);
