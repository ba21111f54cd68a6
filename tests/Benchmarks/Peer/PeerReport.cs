using System.Globalization;
using Spectre.Console;

namespace CurKv.Benchmarks.Peer;

/// <summary>The comparison with LLamaSharp's own chat client.</summary>
/// <param name="Model">The model's file.</param>
/// <param name="Processors">The machine's processors.</param>
/// <param name="Threads">The threads of llama.cpp that both used.</param>
/// <param name="Answers">Questions about the book.</param>
/// <param name="Outcomes">What else was tried.</param>
internal sealed record PeerReport(
    string Model, int Processors, int Threads, IReadOnlyList<PeerAnswers> Answers, IReadOnlyList<PeerOutcome> Outcomes)
{
    /// <summary>The right answers and what they took, as a Markdown table.</summary>
    public Table ToAnswersTable()
    {
        Table table = new Table().Border(TableBorder.Markdown).AddColumn("");
        foreach (string column in new[] { "right", "reading, s", "a question, s", "in all, s" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (PeerAnswers row in Answers)
        {
            table.AddRow(
                row.Setting, $"{row.Right} of {row.Asked}", row.ReadSeconds < 0.05 ? "" : Text($"{row.ReadSeconds:N1}"), Text($"{row.QuestionSeconds:N2}"), Text($"{row.Seconds:N1}"));
        }

        return table;
    }

    /// <summary>What else was tried, as a Markdown table.</summary>
    public Table ToOutcomesTable()
    {
        Table table = new Table().Border(TableBorder.Markdown).AddColumns("", "LLamaSharp", "CurKv");
        foreach (PeerOutcome row in Outcomes)
        {
            table.AddRow(Markup.Escape(row.Title), Markup.Escape(row.Peer), Markup.Escape(row.Own));
        }

        return table;
    }

    private static string Text(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);
}
