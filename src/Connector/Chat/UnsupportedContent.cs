using Microsoft.Extensions.AI;

namespace CurKv.Connector.Chat;

/// <summary>Describes content that the client does not support.</summary>
internal static class UnsupportedContent
{
    /// <summary>The end of a sentence such as "Message 1 (user) holds …", without the full stop.</summary>
    public static string Describe(AIContent content) => content switch
    {
        DataContent data when TextDocument.IsText(data) => $"{Data(data)}, but its bytes are no text in that encoding",
        DataContent data when IsPerceived(data.MediaType) => $"{Data(data)}, but the client reads text only",
        DataContent data => $"{Data(data)}, but the client reads text only: extract its text first",
        UriContent uri when IsPerceived(uri.MediaType) => $"{Link(uri)}, but the client reads text only",
        UriContent uri => $"{Link(uri)}, but the client fetches nothing: send its text",
        HostedFileContent or HostedVectorStoreContent => $"a {content.GetType().Name}, but the client has no access to content on a provider's server",
        _ => $"a {content.GetType().Name}, which the client cannot hand to the model",
    };

    private static bool IsPerceived(string mediaType) =>
        mediaType.Split('/')[0].ToLowerInvariant() is "image" or "audio" or "video";

    private static string Data(DataContent data) => $"a {nameof(DataContent)} of type {data.MediaType}{(data.Name is { } name ? $" ('{name}')" : string.Empty)}";

    private static string Link(UriContent uri) => $"a {nameof(UriContent)} of type {uri.MediaType} ({uri.Uri})";
}
