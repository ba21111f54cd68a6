namespace CurKv.Connector;

/// <summary>What went wrong, for the client: it knows which of its settings decides that, and adds it to the message.</summary>
internal enum LlamaFault
{
    /// <summary>No setting of the client decides it.</summary>
    None,

    /// <summary>A prompt does not fit, and nothing is compressed.</summary>
    PromptTooLong,

    /// <summary>A prompt does not fit, and neither does what compression is to keep of it.</summary>
    KeptTooLong,

    /// <summary>The context does not hold a sliding window and a batch.</summary>
    WindowTooLarge,

    /// <summary>The model's cache cannot be compressed at all.</summary>
    CacheNotCompressible,

    /// <summary>The policy needs queries that cannot be observed.</summary>
    QueriesNotObserved,

    /// <summary>The policy does not work on this cache.</summary>
    PolicyUnsuited,

    /// <summary>The policy compares single elements of keys and values, which the cache stores rotated.</summary>
    ElementsRotated,

    /// <summary>The policy multiplies values with weights, and the cache may store them rotated.</summary>
    ValuesRotated,

    /// <summary>The policy repeats what it compresses, and a part of the document is evicted already.</summary>
    DocumentEvicted,

    /// <summary>The chat template is missing, or cannot be rendered.</summary>
    TemplateUnusable,
}
