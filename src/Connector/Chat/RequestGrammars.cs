using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using CurKv.Connector.Engine;
using CurKv.Connector.Templates.Formats;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>A cache of requests' grammars: agents send the same tools and schemas with every call. Thread-safe.</summary>
/// <param name="relaxed">Receives, once for each grammar, the parts of a schema that it does not enforce.</param>
internal sealed class RequestGrammars(Action<string> relaxed)
{
    private const int Capacity = 64;

    private readonly ConcurrentDictionary<string, OutputGrammar> _known = new(StringComparer.Ordinal);

    /// <summary>The grammar that enforces a request's tools and response format; null if there are none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="format">The format of the model's output.</param>
    /// <param name="reasoning">The state of the reasoning at the end of the prompt.</param>
    /// <exception cref="JsonSchemaNotSupportedException">No grammar can enforce the request's schema.</exception>
    public OutputGrammar? Of(ChatRequest request, ChatFormat format, ReasoningStart reasoning)
    {
        if (request.Callable.Count == 0 && request.ResponseFormat is null)
        {
            return null;
        }

        string key = Key(request, format, reasoning);
        if (_known.TryGetValue(key, out OutputGrammar? known))
        {
            return known;
        }

        OutputGrammar? grammar = format.Constrain(new OutputConstraint
        {
            Tools = request.Callable,
            RequiresCall = request.RequiresCall,
            AllowsMultipleCalls = request.AllowsMultipleCalls,
            ResponseFormat = request.ResponseFormat,
            Reasoning = reasoning,
            Relaxed = relaxed,
        });
        if (grammar is not null)
        {
            // A caller that always sends new schemas gains nothing from cached ones.
            if (_known.Count >= Capacity)
            {
                _known.Clear();
            }

            _known[key] = grammar;
        }

        return grammar;
    }

    private static string Key(ChatRequest request, ChatFormat format, ReasoningStart reasoning)
    {
        var key = new StringBuilder();
        key.Append(format.Name).Append(' ').Append(reasoning).Append(' ').Append(request.RequiresCall).Append(' ').Append(request.AllowsMultipleCalls);
        if (request.ResponseFormat is { } json)
        {
            key.Append('\n').Append(json.IsStrict).Append(json.Schema?.GetRawText());
        }

        foreach (AIFunctionDeclaration tool in request.Callable)
        {
            JsonElement schema = tool.JsonSchema;
            key.Append('\n').Append(tool.Name).Append('\n').Append(schema.ValueKind == JsonValueKind.Undefined ? string.Empty : schema.GetRawText());
        }

        return key.ToString();
    }
}
