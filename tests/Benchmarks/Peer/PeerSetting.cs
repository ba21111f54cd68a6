namespace CurKv.Benchmarks.Peer;

/// <summary>A way of asking about the book.</summary>
/// <param name="Title">What tables call it.</param>
/// <param name="Client">The client's name.</param>
/// <param name="Ratio">The share of the book's cells to evict; null where the book is no document, but part of every prompt.</param>
internal sealed record PeerSetting(string Title, string Client, double? Ratio);
