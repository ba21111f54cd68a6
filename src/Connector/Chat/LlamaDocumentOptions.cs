using CurKv.Connector.KvCache;

namespace CurKv.Connector.Chat;

/// <summary>The settings of a document's prefill.</summary>
public sealed class LlamaDocumentOptions
{
    /// <summary>A system prompt before the document.</summary>
    /// <value>Null by default: none.</value>
    public string? Instructions { get; set; }

    /// <summary>How the document's cells are compressed. No question is known yet, so only query-free policies are suitable.</summary>
    /// <value>Null by default: the client's settings.</value>
    public KvCompressionOptions? Compression { get; set; }
}
