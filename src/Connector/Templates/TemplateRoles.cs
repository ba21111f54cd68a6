namespace CurKv.Connector.Templates;

/// <summary>The orders of roles that a template renders. They are found by rendering: the source does not show what a template rejects or ignores.</summary>
internal sealed record TemplateRoles
{
    /// <summary>Any order.</summary>
    public static TemplateRoles All { get; } = new() { System = true, LaterSystem = true, RepeatedUser = true, UserAfterToolResult = true };

    /// <summary>Whether it renders a system message at the beginning.</summary>
    public bool System { get; init; }

    /// <summary>Whether it renders system messages at any place, for example after another one.</summary>
    public bool LaterSystem { get; init; }

    /// <summary>Whether it renders two consecutive user messages, rather than requiring alternating roles.</summary>
    public bool RepeatedUser { get; init; }

    /// <summary>Whether it renders a user message directly after a tool result, rather than requiring an assistant message between them.</summary>
    public bool UserAfterToolResult { get; init; }
}
