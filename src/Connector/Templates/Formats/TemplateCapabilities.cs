using System.Text.Json.Nodes;
using CurKv.Jinja;
using CurKv.Jinja.Syntax;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>The capabilities of a chat template, found in its source. Immutable and thread-safe.</summary>
internal sealed class TemplateCapabilities
{
    private static readonly string[] Efforts = ["none", "no_think", "minimal", "low", "medium", "high", "xhigh", "max"];
    private static readonly string[] ToolsVariables = ["tools", "xml_tools"];
    private readonly List<JinjaToken> _code;
    private readonly HashSet<string> _efforts;

    private TemplateCapabilities(string template)
    {
        _code = Tokens(template);
        _efforts = [.. _code.Where(token => token.Kind == JinjaTokenKind.String).Select(token => token.Text).Where(Efforts.Contains)];
        ToolsVariable = Array.Find(ToolsVariables, Uses);
        ReasoningProperty = template.Contains("reasoning_content", StringComparison.Ordinal) ? "reasoning_content"
            : LooksForThinking() ? "thinking"
            : null;
        int[] arguments = [.. AfterArguments()];
        ArgumentsAsText = arguments.Any(IsWritten) && !arguments.Any(IsConverted);
    }

    /// <summary>The variable whose tools it advertises: <c>tools</c>, or <c>xml_tools</c> (SmolLM 3); null if it advertises none.</summary>
    public string? ToolsVariable { get; }

    /// <summary>Whether it advertises tools.</summary>
    public bool Tools => ToolsVariable is not null;

    /// <summary>The property of an assistant message from which it reads the reasoning; null if it reads none.</summary>
    public string? ReasoningProperty { get; }

    /// <summary>
    /// Whether the arguments of calls in the history must be a JSON string, because the template writes them unchanged. Otherwise they are
    /// an object, for templates that convert or enumerate them.
    /// </summary>
    public bool ArgumentsAsText { get; }

    /// <summary>Detects a template's capabilities.</summary>
    /// <param name="template">The Jinja template. One with invalid tags has none.</param>
    public static TemplateCapabilities Of(string template) => new(template);

    /// <summary>The variables that control how much a model reasons.</summary>
    /// <param name="reasoning">The request's options; null, or without an effort, for the template's default.</param>
    /// <returns>Variables for the template's context; empty if it uses none of them.</returns>
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

    // The template's own values if it lists them. Most accept low, medium and high, and write them into the prompt.
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

    // The lexer excludes text, comments and strings, in linear time.
    private static List<JinjaToken> Tokens(string template)
    {
        try
        {
            return JinjaLexer.Tokenize(JinjaLexer.Normalize(template));
        }
        catch (JinjaException)
        {
            return [];
        }
    }

    private bool Uses(string variable) => Enumerable.Range(0, _code.Count).Any(i => _code[i].IsName(variable) && (i == 0 || !_code[i - 1].IsOperator(".")));

    // message.thinking, message['thinking']: a variable of that name has another meaning.
    private bool LooksForThinking() => Enumerable.Range(0, _code.Count).Any(i => Names(_code[i], "message")
        && ((_code[i + 1].IsOperator(".") && _code[i + 2].IsName("thinking"))
            || (_code[i + 1].IsOperator("[") && _code[i + 2] is { Kind: JinjaTokenKind.String, Text: "thinking" } && _code[i + 3].IsOperator("]"))));

    // The positions after calls' arguments: call.arguments, call['arguments'], a variable with such a name.
    private IEnumerable<int> AfterArguments()
    {
        for (int i = 0; i < _code.Count; i++)
        {
            if (Names(_code[i], "arguments"))
            {
                yield return i + 1;
            }
            else if (_code[i] is { Kind: JinjaTokenKind.String, Text: "arguments" } && _code[i + 1].IsOperator("]"))
            {
                yield return i + 2;
            }
        }
    }

    private bool IsWritten(int behind) => _code[behind] is { Kind: JinjaTokenKind.VariableEnd } or { Kind: JinjaTokenKind.Operator, Text: "+" or "~" };

    private bool IsConverted(int behind) => _code[behind] switch
    {
        { Kind: JinjaTokenKind.Operator, Text: "|" } => _code[behind + 1] is { Kind: JinjaTokenKind.Name, Text: "tojson" or "items" or "dictsort" },
        { Kind: JinjaTokenKind.Operator, Text: "." } => _code[behind + 1].IsName("items"),
        { Kind: JinjaTokenKind.Name, Text: "is" } => _code[behind + (_code[behind + 1].IsName("not") ? 2 : 1)] is { Kind: JinjaTokenKind.Name, Text: "string" or "mapping" },
        _ => false,
    };

    private static bool Names(JinjaToken token, string ending) => token.Kind == JinjaTokenKind.Name && token.Text.EndsWith(ending, StringComparison.Ordinal);
}
