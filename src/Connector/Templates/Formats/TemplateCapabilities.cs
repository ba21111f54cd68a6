using System.Text.Json.Nodes;
using CurKv.Jinja;
using CurKv.Jinja.Syntax;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>What a chat template can render, by what its code says. Immutable and thread-safe.</summary>
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
        int[] arguments = [.. BehindArguments()];
        ArgumentsAsText = arguments.Any(IsWritten) && !arguments.Any(IsConverted);
    }

    /// <summary>The variable whose tools it tells the model of: <c>tools</c>, or SmolLM 3's <c>xml_tools</c>; null where it tells of none.</summary>
    public string? ToolsVariable { get; }

    /// <summary>Whether it tells the model of tools.</summary>
    public bool Tools => ToolsVariable is not null;

    /// <summary>The property of an assistant's message in which it looks for the reasoning before it; null where it looks for none.</summary>
    public string? ReasoningProperty { get; }

    /// <summary>
    /// Whether the arguments of calls in the history have to be a string that holds JSON, since the template writes them as they are.
    /// Otherwise they are an object, as templates that convert or enumerate them need it.
    /// </summary>
    public bool ArgumentsAsText { get; }

    /// <summary>Finds out what a template can do.</summary>
    /// <param name="template">The Jinja template. One with broken tags can do nothing.</param>
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

    // Cut as for rendering: what stands in texts, comments and strings is no code, and the time goes with the length.
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

    // message.thinking, message['thinking']: a variable of that name means something else.
    private bool LooksForThinking() => Enumerable.Range(0, _code.Count).Any(i => Names(_code[i], "message")
        && ((_code[i + 1].IsOperator(".") && _code[i + 2].IsName("thinking"))
            || (_code[i + 1].IsOperator("[") && _code[i + 2] is { Kind: JinjaTokenKind.String, Text: "thinking" } && _code[i + 3].IsOperator("]"))));

    // The places behind calls' arguments: call.arguments, call['arguments'], a variable with such a name.
    private IEnumerable<int> BehindArguments()
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
