using CurKv.Connector.KvCache;

namespace CurKv.Connector.Chat;

/// <summary>How a document is read.</summary>
public sealed class LlamaDocumentOptions
{
    /// <summary>A system prompt that goes before the document.</summary>
    /// <value>Null by default: none.</value>
    public string? Instructions { get; set; }

    /// <summary>How the document's cells are compressed. No question is known yet, so only policies that need none are good here.</summary>
    /// <value>Null by default: as the client does.</value>
    public KvCompressionOptions? Compression { get; set; }
}
