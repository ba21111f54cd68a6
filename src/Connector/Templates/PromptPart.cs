namespace CurKv.Connector.Templates;

/// <summary>The kind of a part of a rendered prompt.</summary>
internal enum PromptPart
{
    /// <summary>A message's content.</summary>
    Content,

    /// <summary>A description of tools.</summary>
    Tools,

    /// <summary>Other text from the caller: names, arguments of calls, reasoning.</summary>
    Other,
}
