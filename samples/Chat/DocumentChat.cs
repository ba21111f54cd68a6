using System.Globalization;
using CurKv.Connector.Chat;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace CurKv.Samples.Chat;

/// <summary>Questions by the user, answered from the compressed document.</summary>
internal static class DocumentChat
{
    public static async Task RunAsync(LlamaChatClient client, DocumentQuestions reading, DemoSetting setting, CancellationToken cancellationToken)
    {
        using LlamaDocument document = await client.ReadDocumentAsync(reading.Document, setting.Options, cancellationToken: cancellationToken);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"Ask about [bold]{reading.Title}[/] ({setting.Label}, {document.Statistics.Cells} cells). An empty line ends it.");
        while (true)
        {
            string question = await AnsiConsole.PromptAsync(new TextPrompt<string>("[blue]>[/]").AllowEmpty(), cancellationToken);
            if (question.Length == 0)
            {
                return;
            }

            await foreach (ChatResponseUpdate update in document.GetStreamingResponseAsync(question, new ChatOptions { Temperature = 0 }, cancellationToken))
            {
                AnsiConsole.Write(update.Text);
            }

            AnsiConsole.WriteLine();
        }
    }
}
