using System.Text.Json;

namespace CurKv.Samples.Chat;

/// <summary>A document and the questions about it.</summary>
/// <param name="Title">The document's file name.</param>
/// <param name="Document">Its text.</param>
/// <param name="Questions">The questions; empty where the user brought a document without any.</param>
internal sealed record DocumentQuestions(string Title, string Document, IReadOnlyList<Question> Questions)
{
    /// <summary>Reads the user's files, or the bundled ones.</summary>
    public static DocumentQuestions Load(FileInfo? document, FileInfo? questions)
    {
        FileInfo text = document ?? BundledFiles.Document;
        FileInfo? asked = questions ?? (document is null ? BundledFiles.Questions : null);

        // Line ends are tokens too: a checkout that changed them must not change the document.
        string content = File.ReadAllText(text.FullName).ReplaceLineEndings("\n").Trim();
        return new DocumentQuestions(
            text.Name, content, asked is null ? [] : JsonSerializer.Deserialize(File.ReadAllText(asked.FullName), DemoJson.Default.QuestionArray) ?? []);
    }
}
