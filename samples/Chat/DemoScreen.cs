using System.Globalization;
using Spectre.Console;

namespace CurKv.Samples.Chat;

/// <summary>The demo on a terminal.</summary>
internal static class DemoScreen
{
    private const int WidthWithoutTerminal = 140;

    public static async Task ShowAsync(DocumentDemo demo, IReadOnlyList<DemoSetting> settings, CancellationToken cancellationToken)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{Path.GetFileName(demo.Runtime.ModelPath)}[/] ({demo.Runtime.ModelDescription}) through [bold]{demo.Runtime.Binding}[/], llama.cpp {demo.Runtime.LlamaCppBuild}, reads [bold]{demo.DocumentQuestions.Title}[/].");
        DemoReport report = await console.Progress().HideCompleted(true).StartAsync(async context =>
        {
            Dictionary<DemoSetting, ProgressTask> tasks = settings.ToDictionary(setting => setting, setting => context.AddTask(Markup.Escape(setting.Label), maxValue: 1));
            return await demo.RunAsync(settings, (setting, share) => tasks[setting].Value = share, cancellationToken);
        });

        string what = settings.Any(setting => setting.QuestionAware)
            ? "keeps the document whole, and cuts it for each question once that is read"
            : "reads the document, compresses it before any question is known, and answers all questions from what is left";
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{report.DocumentTokens} tokens. Each setting {what}.");
        console.Write(Summary(report, settings));
        if (demo.DocumentQuestions.Questions.Count > 0)
        {
            console.Write(Answers(report, settings));
        }
    }

    private static Table Summary(DemoReport report, IReadOnlyList<DemoSetting> settings)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title("What it took");
        table.AddColumn("setting");
        foreach (string column in new[] { "cells before", "after", "prefill ms", "compress ms", "decode tok/s before", "after", "right" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach ((DemoRun run, DemoSetting setting) in report.Runs.Zip(settings))
        {
            table.AddRow(
                setting.Label, Number(run.CellsBefore), Number(run.CellsAfter), Number(run.PrefillMs), run.CompressMs.ToString("F1", CultureInfo.InvariantCulture),
                Number(run.DecodeTpsBefore), Number(run.DecodeTpsAfter), $"{run.Right} of {run.Asked}");
        }

        return table;
    }

    private static Table Answers(DemoReport report, IReadOnlyList<DemoSetting> settings)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title("What it answered");
        table.AddColumn("question").AddColumn(new TableColumn("answer").NoWrap());
        foreach (DemoSetting setting in settings)
        {
            // One word a line keeps the columns as narrow as what stands in them.
            table.AddColumn(new TableColumn(Markup.Escape(setting.Label.Replace(" ", "\n", StringComparison.Ordinal))).Centered());
        }

        for (int i = 0; i < report.Runs[0].Replies.Count; i++)
        {
            Question question = report.Runs[0].Replies[i].Question;
            table.AddRow(
                [Markup.Escape(question.Text), Markup.Escape(question.Answer), .. report.Runs.Select(run => run.Replies[i].IsRight ? "[green]right[/]" : "[red]wrong[/]")]);
        }

        return table;
    }

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
