using System.Globalization;
using Spectre.Console;

namespace CurKv.Benchmarks.Interception;

/// <summary>What the interception benchmark measured.</summary>
/// <param name="Binding">What llama.cpp is called through.</param>
/// <param name="LlamaCpp">llama.cpp's build.</param>
/// <param name="Threads">llama.cpp's threads.</param>
/// <param name="Rounds">Rounds of which the medians are taken.</param>
/// <param name="PrefillMs">Reading the tokens, estimated from chunks at five depths.</param>
/// <param name="Rows">The policies and paths.</param>
internal sealed record InterceptionReport(string Binding, string LlamaCpp, int Threads, int Rounds, double PrefillMs, IReadOnlyList<InterceptionRow> Rows)
{
    private const double Mega = 1e6;

    public Table ToTable()
    {
        Table table = new Table().Border(TableBorder.Rounded).Title(Title());
        table.AddColumns("policy", "path");
        foreach (string column in new[] { "score ms", "rewrite ms", "floor ms", "of floor", "extra MB", "kept MB", "of prefill", "speed-up", "of bound" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (InterceptionRow row in Rows)
        {
            table.AddRow(
                row.Policy, row.Path, Text($"{row.ScoreMs:N1}"), Text($"{row.RewriteMs:N1}"), Text($"{row.ReadFloorMs:N1}"), Text($"{row.OfFloor:N2}x"),
                row.ExtraBytes is { } extra ? Text($"{extra / Mega:N1}") : "", Text($"{row.KeptBytes / Mega:N1}"), Text($"{row.PrefillShare:P3}"),
                Text($"{row.DecodeSpeedup:N2}x"), Text($"{row.OfBound:P0}"));
        }

        return table;
    }

    private string Title() =>
        Text($"{Rows[0].Tokens:N0} tokens, {InterceptionModel.Layers} layers x {InterceptionModel.Heads} heads x {InterceptionModel.HeadDimension}, {Rows[0].Cache}, {InterceptionSetting.Ratio:P0} evicted; ")
        + Text($"{Binding}, llama.cpp {LlamaCpp}, threads: {Threads}; prefill about {PrefillMs / 1000:N1} s; medians of {Rounds} rounds");

    private static string Text(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);
}
