using CurKv.Connector.Engine;
using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>The settings of one call: its options and the object that their factory returns, read once.</summary>
/// <param name="Sampler">The settings of sampling, including the caller's grammar.</param>
/// <param name="StopSequences">Texts that end the answer; those of the options come first.</param>
/// <param name="Compression">How the cache is compressed; null for the client's settings.</param>
/// <param name="SkipsUnsupportedContent">Whether unsupported content is skipped; null for the client's setting.</param>
internal sealed record RequestSettings(
    SamplerSettings Sampler, IReadOnlyList<string> StopSequences, KvCompressionOptions? Compression, bool? SkipsUnsupportedContent)
{
    /// <summary>
    /// Reads the options. Their factory, which is called once, may return a <see cref="LlamaRequestOptions"/> or a
    /// <see cref="KvCompressionOptions"/>. Objects of other types belong to another client and are ignored.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    /// <exception cref="ArgumentException">An additional property is invalid.</exception>
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
