using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using CurKv.Jinja;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates;

/// <summary>A Jinja chat template, such as a GGUF file contains. Thread-safe.</summary>
internal sealed class JinjaChatTemplate : ChatTemplate
{
    private static readonly FrozenSet<string> Roles = FrozenSet.Create(StringComparer.Ordinal, "system", "user", "assistant", "tool");

    private static readonly FunctionCallContent TrialCall = new("call", "call");

    private readonly ILlamaEngine _engine;
    private readonly TimeProvider _clock;
    private readonly JinjaTemplate _template;
    private readonly TemplateCapabilities _capabilities;
    private readonly TemplateRoles _roles;

    /// <summary>Parses a template, and tests which roles it renders.</summary>
    /// <param name="engine">The model, whose special tokens the template may use.</param>
    /// <param name="source">The template.</param>
    /// <param name="clock">The source of the date.</param>
    /// <exception cref="JinjaException">The syntax is invalid.</exception>
    public JinjaChatTemplate(ILlamaEngine engine, string source, TimeProvider clock)
    {
        _engine = engine;
        Source = source;
        _clock = clock;
        _template = JinjaTemplate.Parse(source);
        _capabilities = TemplateCapabilities.Of(source);
        Format = ChatFormat.Detect(source);
        _roles = TryRoles();
    }

    /// <inheritdoc/>
    public override string Source { get; }

    /// <inheritdoc/>
    public override ChatFormat Format { get; }

    /// <inheritdoc/>
    /// <exception cref="LlamaModelException">The template fails, or exceeds a limit.</exception>
    public override RenderedPrompt Render(Conversation conversation)
    {
        List<ChatTurn> turns = Shape(conversation, _roles);
        try
        {
            JinjaOutput output = _template.Render(Context(conversation, turns), _clock);
            return new RenderedPrompt(output.Text, turns, [.. output.Inputs.Select(span => Span(span, output.Text)).OfType<PromptSpan>()]);
        }
        catch (JinjaException e) when (e.IsRaisedByTemplate)
        {
            throw new ArgumentException($"The chat template of '{_engine.Model.Path}' rejects this conversation: {e.What}", nameof(conversation), e);
        }
        catch (JinjaException e)
        {
            throw new LlamaModelException(
                _engine.Model.Path, $"The chat template of '{_engine.Model.Path}' cannot render this conversation: {e.Message}", e)
            {
                Fault = LlamaFault.TemplateUnusable,
            };
        }
    }

    private TemplateRoles TryRoles()
    {
        string? first = Try("system", "user");

        // Some templates treat every role other than user as the assistant.
        bool system = Shows(first, 0) && first != Try("assistant", "user");
        string? users = Try("user", "user");
        return new TemplateRoles
        {
            System = system,
            LaterSystem = system && Shows(Try("user", "assistant", "system", "user"), 2),
            RepeatedUser = Shows(users, 0) && Shows(users, 1),
            UserAfterToolResult = Shows(Try("user", "assistant", "tool", "user"), 3),
        };
    }

    // Renders messages of these roles; null if the template rejects them.
    private string? Try(params string[] roles)
    {
        List<ChatTurn> turns = [.. roles.Select((role, i) => new ChatTurn(role, Marker(i))
        {
            Calls = roles.ElementAtOrDefault(i + 1) == "tool" ? [TrialCall] : [],
            CallId = role == "tool" ? TrialCall.CallId : null,
            ToolName = role == "tool" ? TrialCall.Name : null,
        })];
        try
        {
            return _template.Render(Context(new Conversation(turns), turns), _clock).Text;
        }
        catch (JinjaException)
        {
            return null;
        }
    }

    private static bool Shows(string? text, int turn) => text?.Contains(Marker(turn), StringComparison.Ordinal) == true;

    // Digits: templates do not trim, escape or change the case of them, and do not contain this number.
    private static string Marker(int turn) => string.Create(CultureInfo.InvariantCulture, $"4806173925{turn}");

    private JsonObject Context(Conversation conversation, List<ChatTurn> turns)
    {
        JsonObject context = _capabilities.ReasoningVariables(conversation.Reasoning);
        context["messages"] = new JsonArray([.. turns.Select(Message)]);
        context["add_generation_prompt"] = true;
        context["bos_token"] = _engine.Vocabulary.BosToken;
        context["eos_token"] = _engine.Vocabulary.EosToken;
        bool areAdvertised = Format.ToolsPrompt(conversation.Tools) is not null;
        context[_capabilities.ToolsVariable ?? "tools"] = areAdvertised || conversation.Tools.Count == 0 ? null : new JsonArray([.. conversation.Tools.Select(Tool)]);
        return context;
    }

    private JsonObject Message(ChatTurn turn)
    {
        var message = new JsonObject { ["role"] = turn.Role, ["content"] = turn.Content };
        if (turn.Reasoning is not null && _capabilities.ReasoningProperty is { } property)
        {
            message[property] = turn.Reasoning;
        }

        if (turn.Calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. turn.Calls.Select(Call)]);
        }

        if (turn.CallId is not null)
        {
            message["tool_call_id"] = Format.ToTemplateCallId(turn.CallId);
        }

        if (turn.ToolName is not null)
        {
            message["name"] = turn.ToolName;
        }

        return message;
    }

    private JsonObject Call(FunctionCallContent call)
    {
        JsonNode arguments = call.Arguments is null
            ? new JsonObject()
            : JsonSerializer.SerializeToNode(call.Arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)))!;
        return new JsonObject
        {
            ["id"] = Format.ToTemplateCallId(call.CallId),
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = _capabilities.ArgumentsAsText ? ModelJson.Write(arguments) : arguments },
        };
    }

    // In OpenAI's form, which Hugging Face templates expect.
    private static JsonObject Tool(AIFunctionDeclaration tool) => new()
    {
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = tool.Name,
            ["description"] = tool.Description,
            ["parameters"] = Parameters(tool.JsonSchema),
        },
    };

    private static JsonObject Parameters(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.EnumerateObject().Any()
            ? JsonObject.Create(schema)!
            : new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() };

    // The usual roles and the model's special tokens count as template tokens, although they come from the context.
    private PromptSpan? Span(JinjaSpan span, string text)
    {
        const string Messages = "messages[";
        (int start, int end) = (span.Range.Start.Value, span.Range.End.Value);
        if (_capabilities.ToolsVariable is { } tools && span.Path.StartsWith(tools, StringComparison.Ordinal))
        {
            return new PromptSpan(start, end, PromptPart.Tools, -1);
        }

        if (!span.Path.StartsWith(Messages, StringComparison.Ordinal))
        {
            return null;
        }

        int close = span.Path.IndexOf(']', StringComparison.Ordinal);
        int turn = int.Parse(span.Path.AsSpan(Messages.Length, close - Messages.Length), CultureInfo.InvariantCulture);
        return span.Path.AsSpan(close + 1) switch
        {
            ".role" when Roles.Contains(text[start..end]) => null,
            ".content" => new PromptSpan(start, end, PromptPart.Content, turn),
            _ => new PromptSpan(start, end, PromptPart.Other, turn),
        };
    }
}
