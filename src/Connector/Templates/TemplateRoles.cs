namespace CurKv.Connector.Templates;

/// <summary>Which orders of roles a template renders. It is tried out: what a template refuses, or passes over, its text does not tell.</summary>
internal sealed record TemplateRoles
{
    /// <summary>Any order.</summary>
    public static TemplateRoles All { get; } = new() { System = true, LaterSystem = true, RepeatedUser = true, UserAfterToolResult = true };

    /// <summary>Whether it renders a system message at the beginning.</summary>
    public bool System { get; init; }

    /// <summary>Whether it renders system messages anywhere, as behind another one.</summary>
    public bool LaterSystem { get; init; }

    /// <summary>Whether it renders two messages of the user in a row, rather than demanding that roles alternate.</summary>
    public bool RepeatedUser { get; init; }

    /// <summary>Whether it renders a message of the user directly behind a tool's result, rather than demanding the assistant's answer between them.</summary>
    public bool UserAfterToolResult { get; init; }
}
