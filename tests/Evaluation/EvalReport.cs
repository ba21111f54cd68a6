using System.Globalization;
using Spectre.Console;

namespace CurKv.Evaluation;

/// <summary>What an evaluation measured.</summary>
internal sealed record EvalReport(string Binding, string LlamaCpp, string Model, IReadOnlyList<EvalRow> Rows)
{
    /// <summary>One table for each regime: policies down, lengths and ratios across.</summary>
    public IEnumerable<Table> ToTables()
    {
        foreach (IGrouping<EvalRegime, EvalRow> regime in Rows.GroupBy(row => row.Regime))
        {
            List<(int Length, double Ratio)> columns = [.. regime.Where(row => row.Ratio > 0).Select(row => (row.Length, row.Ratio)).Distinct().Order()];
            Table table = new Table().Border(TableBorder.Rounded).Title($"{Model}, question-{regime.Key.ToString().ToLowerInvariant()}: right answers");
            table.AddColumn("policy");
            foreach ((int length, double ratio) in columns)
            {
                table.AddColumn(new TableColumn(string.Create(CultureInfo.InvariantCulture, $"{length} tokens, {ratio:P0} evicted")).RightAligned());
            }

            foreach (var policy in regime.GroupBy(row => (row.Policy, row.Family)))
            {
                // The full cache has one ratio, and stands in every column.
                table.AddRow([Markup.Escape($"{policy.Key.Policy} {policy.Key.Family}".TrimEnd()), .. columns.Select(column => Cell(policy.FirstOrDefault(row => row.Length == column.Length && (row.Ratio == column.Ratio || row.Ratio == 0))))]);
            }

            yield return table;
        }
    }

    private static string Cell(EvalRow? row) => row is null ? string.Empty : $"{row.Right} of {row.N}";
}
