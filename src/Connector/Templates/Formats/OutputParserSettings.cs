using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>The properties of a request that an output parser needs.</summary>
internal sealed record OutputParserSettings
{
    /// <summary>
    /// The tools in the prompt. If empty, no call is expected, and delimiters of calls are ordinary text, unless they are the format's own
    /// syntax (harmony).
    /// </summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>The state of the reasoning at the end of the prompt; see <see cref="ChatFormat.ReasoningAfter"/>.</summary>
    public ReasoningStart Reasoning { get; init; }

    /// <summary>Creates a call's id; null for <see cref="ChatFormat.CreateCallId"/>.</summary>
    public Func<string>? NewCallId { get; init; }

    /// <summary>Ids that are already used in the conversation. An id that the model writes is kept only if it is not one of them.</summary>
    public IReadOnlySet<string>? UsedCallIds { get; init; }
}
