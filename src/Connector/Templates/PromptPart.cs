namespace CurKv.Connector.Templates;

/// <summary>What a part of a rendered prompt holds.</summary>
internal enum PromptPart
{
    /// <summary>A message's content.</summary>
    Content,

    /// <summary>A description of tools.</summary>
    Tools,

    /// <summary>Something else of the caller's: names, arguments of calls, reasoning.</summary>
    Other,
}
