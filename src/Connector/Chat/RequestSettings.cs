using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>What one call wants of llama.cpp: its options and what their factory makes, read once.</summary>
/// <param name="Sampler">How tokens are drawn, with the grammar that the caller brings.</param>
/// <param name="StopSequences">Texts that end the answer, of the options first.</param>
/// <param name="Compression">How the cache is compressed; null for as the client does.</param>
/// <param name="SkipsUnsupportedContent">Whether content that no model here can be given is left out; null for as the client does.</param>
internal sealed record RequestSettings(
    SamplerSettings Sampler, IReadOnlyList<string> StopSequences, KvCompressionOptions? Compression, bool? SkipsUnsupportedContent)
{
    /// <summary>
    /// Reads the options. Their factory, which is called once, may make a <see cref="LlamaRequestOptions"/>, or a
    /// <see cref="KvCompressionOptions"/> alone; what else it makes is another client's.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    /// <exception cref="ArgumentException">An additional property is not what it has to be.</exception>
    public static RequestSettings Of(ChatOptions? options, IChatClient client)
    {
        object? made = options?.RawRepresentationFactory?.Invoke(client);
        var raw = made as LlamaRequestOptions;
        return new RequestSettings(
            SamplerMapping.Map(options, raw),
            [.. (options?.StopSequences ?? []).Concat(raw?.StopSequences ?? []).Where(stop => !string.IsNullOrEmpty(stop))],
            raw?.Compression ?? made as KvCompressionOptions,
            raw?.SkipUnsupportedContent);
    }
}
