using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace CurKv.Samples.Chat;

/// <summary>A question and the value that a right answer contains.</summary>
internal sealed record Question([property: JsonPropertyName("question")] string Text, string Answer)
{
    /// <summary>Whether a reply contains the value as a word of its own, in upper or lower case.</summary>
    public bool IsAnsweredBy(string reply) =>
        Regex.IsMatch(reply, $@"(?<!\w){Regex.Escape(Answer)}(?!\w)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
}
