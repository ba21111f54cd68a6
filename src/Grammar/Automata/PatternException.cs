namespace CurKv.Grammar.Automata;

/// <summary>A regular expression is wrong, or says what a grammar cannot say, or takes too large an automaton.</summary>
/// <param name="message">What, and the fix.</param>
internal sealed class PatternException(string message) : Exception(message);
