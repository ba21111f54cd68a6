namespace CurKv.Grammar.Automata;

/// <summary>A step of an automaton.</summary>
/// <param name="First">The first code point that takes it.</param>
/// <param name="Last">The last code point that takes it.</param>
/// <param name="Target">The index of the state that it leads to.</param>
internal readonly record struct AutomatonEdge(int First, int Last, int Target);
