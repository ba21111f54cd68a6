using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>What a parser has to know about the request.</summary>
internal sealed record OutputParserSettings
{
    /// <summary>
    /// The tools that the prompt names. Empty: none is expected, and the delimiters of calls are text like any other, except where they are
    /// the format's own syntax (harmony).
    /// </summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>Where the prompt leaves reasoning; see <see cref="ChatFormat.ReasoningAfter"/>.</summary>
    public ReasoningStart Reasoning { get; init; }

    /// <summary>Makes a call's id; null: <see cref="ChatFormat.CreateCallId"/> does.</summary>
    public Func<string>? NewCallId { get; init; }

    /// <summary>Ids that the conversation has already: an id in the answer's text is kept only if it is none of them.</summary>
    public IReadOnlySet<string>? UsedCallIds { get; init; }
}
