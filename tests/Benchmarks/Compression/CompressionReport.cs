using System.Globalization;
using Spectre.Console;

namespace CurKv.Benchmarks.Compression;

/// <summary>What the compression benchmark measured.</summary>
internal sealed record CompressionReport(string Binding, string LlamaCpp, string Model, int Rounds, IReadOnlyList<CompressionRow> Rows)
{
    public Table ToTable()
    {
        Table table = new Table().Border(TableBorder.Rounded).Title($"{Model} through {Binding}, llama.cpp {LlamaCpp}; medians of {Rounds} rounds");
        table.AddColumn("policy");
        foreach (string column in new[] { "evicted", "cells", "prefill ms", "score ms", "rewrite ms", "of prefill", "decode tok/s", "speed-up" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (CompressionRow row in Rows)
        {
            table.AddRow(
                row.Policy, Text($"{row.Ratio:P0}"), Text($"{row.CellsBefore} → {row.CellsAfter}"), Text($"{row.PrefillMs:N0}"), Text($"{row.ScoreMs:N1}"),
                Text($"{row.RewriteMs:N1}"), Text($"{row.PrefillShare:P2}"), Text($"{row.DecodeTpsBefore:N0} → {row.DecodeTpsAfter:N0}"), Text($"{row.DecodeSpeedup:N2}x"));
        }

        return table;
    }

    private static string Text(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);
}
