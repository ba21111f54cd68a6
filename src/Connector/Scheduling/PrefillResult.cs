namespace CurKv.Connector.Scheduling;

/// <summary>What reading a prompt took.</summary>
/// <param name="PrefillTime">Decoding the tokens, a policy's second pass included.</param>
/// <param name="Compressions">What was compressed, in order: between the rounds of a prompt that is longer than the cache, and at its end.</param>
internal sealed record PrefillResult(TimeSpan PrefillTime, List<KvCompressionReport> Compressions);
