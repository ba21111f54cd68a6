using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>The grammars of requests, each written once: agents send the same tools and schemas with every call. Thread-safe.</summary>
/// <param name="relaxed">Is told, once for each grammar, what of a schema it does not enforce.</param>
internal sealed class AnswerGrammars(Action<string> relaxed)
{
    private const int Capacity = 64;

    private readonly ConcurrentDictionary<string, OutputGrammar> _known = new(StringComparer.Ordinal);

    /// <summary>The grammar that holds an answer to what a request demands; null where it demands nothing.</summary>
    /// <param name="request">The request.</param>
    /// <param name="format">How the answer will look.</param>
    /// <param name="reasoning">Where the prompt leaves the model's reasoning.</param>
    /// <exception cref="JsonSchemaNotSupportedException">No grammar can enforce the request's schema.</exception>
    public OutputGrammar? Of(ChatRequest request, AnswerFormat format, ReasoningStart reasoning)
    {
        if (request.Callable.Count == 0 && request.Form is null)
        {
            return null;
        }

        string key = Key(request, format, reasoning);
        if (_known.TryGetValue(key, out OutputGrammar? known))
        {
            return known;
        }

        OutputGrammar? grammar = format.Constrain(new AnswerConstraint
        {
            Tools = request.Callable,
            RequiresCall = request.RequiresCall,
            AllowsMultipleCalls = request.AllowsMultipleCalls,
            Form = request.Form,
            Reasoning = reasoning,
            Relaxed = relaxed,
        });
        if (grammar is not null)
        {
            // Who sends ever new schemas gains nothing by keeping old ones.
            if (_known.Count >= Capacity)
            {
                _known.Clear();
            }

            _known[key] = grammar;
        }

        return grammar;
    }

    private static string Key(ChatRequest request, AnswerFormat format, ReasoningStart reasoning)
    {
        var key = new StringBuilder();
        key.Append(format.Name).Append(' ').Append(reasoning).Append(' ').Append(request.RequiresCall).Append(' ').Append(request.AllowsMultipleCalls);
        if (request.Form is { } form)
        {
            key.Append('\n').Append(form.IsStrict).Append(form.Schema?.GetRawText());
        }

        foreach (AIFunctionDeclaration tool in request.Callable)
        {
            JsonElement schema = tool.JsonSchema;
            key.Append('\n').Append(tool.Name).Append('\n').Append(schema.ValueKind == JsonValueKind.Undefined ? string.Empty : schema.GetRawText());
        }

        return key.ToString();
    }
}
