using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Writes JSON for models: on one line, and without needless escapes, which models handle badly.</summary>
internal static class ModelJson
{
    private static readonly JsonSerializerOptions Options = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value as JSON.</summary>
    /// <exception cref="NotSupportedException">It cannot be written as JSON.</exception>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options.GetTypeInfo(typeof(T)));
}
