namespace CurKv.Evaluation;

/// <summary>One line of the table.</summary>
/// <param name="Policy">The policy's name; <c>none</c> is the full cache.</param>
/// <param name="Regime">What was known when the cache was cut.</param>
/// <param name="Ratio">The share of the cells that was evicted.</param>
/// <param name="Length">The prompts' length class, in tokens.</param>
/// <param name="N">The number of prompts.</param>
/// <param name="Right">How many answers were right.</param>
/// <param name="Family">The kind of task; null for all of them together.</param>
internal sealed record EvalRow(string Policy, EvalRegime Regime, double Ratio, int Length, int N, int Right, string? Family = null);
