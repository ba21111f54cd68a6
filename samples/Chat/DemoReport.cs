namespace CurKv.Samples.Chat;

/// <summary>Everything that the demo measured.</summary>
internal sealed record DemoReport(string Binding, string LlamaCpp, string Model, int DocumentTokens, IReadOnlyList<DemoRun> Runs);
