namespace CurKv.Grammar.Automata;

/// <summary>A state of an automaton.</summary>
/// <param name="Accepts">Whether a text may end here.</param>
/// <param name="Edges">The steps from here, ascending; no two take the same code point.</param>
internal sealed record AutomatonState(bool Accepts, IReadOnlyList<AutomatonEdge> Edges);
