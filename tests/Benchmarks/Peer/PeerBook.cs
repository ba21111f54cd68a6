using System.Diagnostics;
using System.Text.Json;
using CurKv.Connector.Chat;
using CurKv.Connector.KvCache;
using Microsoft.Extensions.AI;

namespace CurKv.Benchmarks.Peer;

/// <summary>The demo's book and its questions, asked in several ways.</summary>
internal sealed class PeerBook
{
    // Of a quick run: about a fifth of the book, and questions that it answers.
    private const int QuickCharacters = 3000;
    private const int QuickQuestions = 2;
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Documents");

    private PeerBook(string text, IReadOnlyList<PeerQuestion> questions) => (Text, Questions) = (text, questions);

    /// <summary>The ways of asking.</summary>
    public static IReadOnlyList<PeerSetting> Settings { get; } =
    [
        new("LLamaSharp, the book in every prompt", PeerClient.LLamaSharp, null),
        new("CurKv, the book in every prompt", PeerClient.CurKv, null),
        new("CurKv, the book as a document", PeerClient.CurKv, 0),
        new("CurKv, the book as a document, 50 % evicted", PeerClient.CurKv, 0.5),
        new("CurKv, the book as a document, 90 % evicted", PeerClient.CurKv, 0.9),
    ];

    public string Text { get; }

    public IReadOnlyList<PeerQuestion> Questions { get; }

    public static PeerBook Load(bool quick)
    {
        string text = File.ReadAllText(Path.Combine(Folder, "valley-book.txt")).ReplaceLineEndings("\n").Trim();
        PeerQuestion[] questions = JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(Folder, "valley-book.questions.json")), BenchmarkJson.Default.PeerQuestionArray)!;
        if (!quick)
        {
            return new PeerBook(text, questions);
        }

        text = text[..text.LastIndexOf('.', QuickCharacters)] + ".";
        return new PeerBook(text, [.. questions.Where(question => text.Contains(question.Answer, StringComparison.OrdinalIgnoreCase)).Take(QuickQuestions)]);
    }

    /// <summary>The book and a question about it, as one message.</summary>
    public string Prompt(PeerQuestion question) => $"{Text}\n\n{question.Text}";

    /// <summary>Asks all questions, one after the other. The model is loaded and warm before it counts.</summary>
    public async Task<PeerAnswers> AskAsync(PeerSetting setting, PeerClient client, CancellationToken cancellationToken)
    {
        await client.GetResponseAsync("Hello.", PeerProbes.Greedy, cancellationToken);
        var watch = Stopwatch.StartNew();
        using LlamaDocument? document = setting.Ratio is { } ratio ? await ReadAsync(client, ratio, cancellationToken) : null;
        double reading = watch.Elapsed.TotalSeconds;
        int right = 0;
        foreach (PeerQuestion question in Questions)
        {
            ChatResponse response = document is null
                ? await client.GetResponseAsync(Prompt(question), PeerProbes.Greedy, cancellationToken)
                : await document.GetResponseAsync(question.Text, PeerProbes.Greedy, cancellationToken);
            right += question.IsAnsweredBy(response.Text) ? 1 : 0;
        }

        double all = watch.Elapsed.TotalSeconds;
        return new PeerAnswers(setting.Title, right, Questions.Count, reading, (all - reading) / Questions.Count, all);
    }

    private Task<LlamaDocument> ReadAsync(PeerClient client, double ratio, CancellationToken cancellationToken)
    {
        var compression = new KvCompressionOptions { Policy = ratio > 0 ? KvCompressionOptions.AutoPolicy : KvCompressionOptions.NoPolicy, Ratio = ratio };
        return client.GetService<LlamaChatClient>()!.ReadDocumentAsync(Text, new LlamaDocumentOptions { Compression = compression }, cancellationToken: cancellationToken);
    }
}
