using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>What a chat template can render, by what its text says. Immutable and thread-safe.</summary>
internal sealed partial class TemplateCapabilities
{
    private static readonly string[] Efforts = ["none", "no_think", "minimal", "low", "medium", "high", "xhigh", "max"];
    private static readonly string[] ToolsVariables = ["tools", "xml_tools"];
    private readonly string _code;
    private readonly HashSet<string> _efforts;

    private TemplateCapabilities(string template)
    {
        string code = string.Join('\n', Code().Matches(Comment().Replace(template, string.Empty)).Select(block => block.Value));
        _efforts = [.. Literal().Matches(code).Select(literal => literal.Value[1..^1]).Where(text => Efforts.Contains(text))];
        _code = Literal().Replace(code, "''");
        ToolsVariable = Array.Find(ToolsVariables, Uses);
        ReasoningProperty = template.Contains("reasoning_content", StringComparison.Ordinal) ? "reasoning_content"
            : MessageThinking().IsMatch(code) ? "thinking"
            : null;
        SystemMessages = !SystemRefusal().IsMatch(template)
            && (Literal().Matches(code).Any(literal => literal.Value[1..^1] is "system" or "developer") || RoleOutput().IsMatch(code));
        ArgumentsAsText = ArgumentsWritten().IsMatch(code) && !ArgumentsConverted().IsMatch(code);
    }

    /// <summary>The variable whose tools it tells the model of: <c>tools</c>, or SmolLM 3's <c>xml_tools</c>; null where it tells of none.</summary>
    public string? ToolsVariable { get; }

    /// <summary>Whether it tells the model of tools.</summary>
    public bool Tools => ToolsVariable is not null;

    /// <summary>The property of an assistant's message in which it looks for the reasoning before it; null where it looks for none.</summary>
    public string? ReasoningProperty { get; }

    /// <summary>Whether it renders system messages; where not, instructions go into the first user message.</summary>
    public bool SystemMessages { get; }

    /// <summary>
    /// Whether the arguments of calls in the history have to be a string that holds JSON, since the template writes them as they are.
    /// Otherwise they are an object, as templates that convert or enumerate them need it.
    /// </summary>
    public bool ArgumentsAsText { get; }

    /// <summary>Finds out what a template can do.</summary>
    /// <param name="template">The Jinja template.</param>
    public static TemplateCapabilities Of(string template) => new(template);

    /// <summary>The variables by which a template is told how much to reason.</summary>
    /// <param name="reasoning">What the request says; null, or without an effort: the template's default.</param>
    /// <returns>Variables for the template's context; empty where it knows none of them.</returns>
    public JsonObject ReasoningVariables(ReasoningOptions? reasoning)
    {
        var variables = new JsonObject();
        if (reasoning?.Effort is not { } effort)
        {
            return variables;
        }

        bool thinks = effort != ReasoningEffort.None;
        foreach (string name in (string[])["enable_thinking", "thinking"])
        {
            if (Uses(name))
            {
                variables[name] = thinks;
            }
        }

        if (Uses("thinking_budget") && !thinks)
        {
            variables["thinking_budget"] = 0;
        }

        if (Uses("reasoning_effort"))
        {
            variables["reasoning_effort"] = Effort(effort);
        }

        return variables;
    }

    // The template's own words where it lists them; most take low, medium and high and write them into the prompt.
    private string Effort(ReasoningEffort effort)
    {
        string[] wanted = effort switch
        {
            ReasoningEffort.None => ["none", "no_think", "minimal", "low"],
            ReasoningEffort.Low => ["low"],
            ReasoningEffort.Medium => ["medium"],
            ReasoningEffort.High => ["high"],
            _ => ["xhigh", "max", "high"],
        };
        return wanted.FirstOrDefault(_efforts.Contains) ?? wanted[^1];
    }

    private bool Uses(string variable) => Regex.IsMatch(_code, $@"(?<![\w.]){Regex.Escape(variable)}(?!\w)");

    [GeneratedRegex(@"\{#.*?#\}", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\{[{%](?:'(?:[^'\\]|\\.)*'|""(?:[^""\\]|\\.)*""|.)*?[}%]\}", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"'(?:[^'\\]|\\.)*'|""(?:[^""\\]|\\.)*""", RegexOptions.Singleline)]
    private static partial Regex Literal();

    [GeneratedRegex(@"raise_exception\(\s*['""][^'""]*system[^'""]*not supported", RegexOptions.IgnoreCase)]
    private static partial Regex SystemRefusal();

    [GeneratedRegex(@"message(?:\.thinking\b|\[['""]thinking['""]\])")]
    private static partial Regex MessageThinking();

    [GeneratedRegex(@"\{\{[^}]*(?:\.role|\[['""]role['""]\])")]
    private static partial Regex RoleOutput();

    [GeneratedRegex(@"arguments(?:['""]\])?\s*(?:\+|~|-?\}\})")]
    private static partial Regex ArgumentsWritten();

    [GeneratedRegex(@"arguments(?:['""]\])?\s*(?:\|\s*(?:tojson|items|dictsort)|\.items|is\s+(?:not\s+)?(?:string|mapping))")]
    private static partial Regex ArgumentsConverted();
}
