namespace CurKv.Evaluation;

/// <summary>A prompt as its file has it.</summary>
internal sealed record EvalEntry(string Family, int Length, string Prompt, string Answer, IReadOnlyList<string> Expect);
