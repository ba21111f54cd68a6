namespace CurKv.Benchmarks.Peer;

/// <summary>What both clients did where they were tried.</summary>
/// <param name="Probe">The probe's name.</param>
/// <param name="Title">What tables call it.</param>
/// <param name="Peer">What came of it with LLamaSharp's client.</param>
/// <param name="Own">What came of it with CurKv's.</param>
internal sealed record PeerOutcome(string Probe, string Title, string Peer, string Own);
