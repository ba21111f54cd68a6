using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Text documents: data of type <c>text/…</c> or <c>application/json</c>.</summary>
internal static class TextDocument
{
    public static bool IsText(DataContent data) => data.HasTopLevelMediaType("text") || MediaType(data)?.MediaType is "application/json";

    /// <summary>The text in the type's <c>charset</c> (UTF-8 by default); null if the bytes are not valid in it, or it is unknown.</summary>
    public static string? Decode(DataContent data)
    {
        try
        {
            string charset = MediaType(data)?.CharSet?.Trim('"') ?? Encoding.UTF8.WebName;
            return Encoding.GetEncoding(charset, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetString(data.Data.Span).TrimStart('\uFEFF');
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static MediaTypeHeaderValue? MediaType(DataContent data) => MediaTypeHeaderValue.TryParse(data.MediaType, out MediaTypeHeaderValue? type) ? type : null;
}
