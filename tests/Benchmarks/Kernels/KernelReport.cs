using System.Globalization;
using Spectre.Console;

namespace CurKv.Benchmarks.Kernels;

/// <summary>What the kernel benchmark measured.</summary>
/// <param name="ReadGbPerS">What one thread reads at most.</param>
/// <param name="CopyGbPerS">What one thread copies at most: bytes copied, each read and written.</param>
/// <param name="Rows">The kernels.</param>
/// <param name="Policies">The policies.</param>
internal sealed record KernelReport(double ReadGbPerS, double CopyGbPerS, IReadOnlyList<KernelRow> Rows, IReadOnlyList<PolicyRow> Policies)
{
    public Table ToKernelTable()
    {
        Table table = NewTable($"One thread reads {ReadGbPerS:N1} GB/s and copies {CopyGbPerS:N1} GB/s", ["kernel", "type"], ["GB/s", "of read", "of TensorPrimitives"]);
        foreach (KernelRow row in Rows)
        {
            table.AddRow(row.Kernel, row.Type, Text($"{row.GbPerS:N2}"), Text($"{row.OfRead:P0}"), row.OfTensorPrimitives is { } ratio ? Text($"{ratio:N1}x") : "");
        }

        return table;
    }

    public Table ToPolicyTable()
    {
        int[] tokens = [.. Policies.Select(row => row.Tokens).Distinct()];
        Table table = NewTable($"Scoring and selecting, ms: 8 layers x 8 heads x 128, f16, {Environment.ProcessorCount} threads", ["policy"], [.. tokens.Select(count => Text($"{count:N0} tokens"))]);
        foreach (IGrouping<string, PolicyRow> policy in Policies.GroupBy(row => row.Policy))
        {
            table.AddRow([policy.Key, .. policy.Select(row => Text($"{row.Ms:N1}"))]);
        }

        return table;
    }

    private static Table NewTable(FormattableString title, string[] labels, string[] numbers)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title(Text(title)).AddColumns(labels);
        foreach (string number in numbers)
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        return table;
    }

    private static string Text(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);
}
