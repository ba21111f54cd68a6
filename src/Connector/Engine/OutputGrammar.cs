namespace CurKv.Connector.Engine;

/// <summary>A grammar that an answer, or its end, has to keep to.</summary>
/// <param name="Gbnf">The grammar in llama.cpp's GBNF; its first rule is <c>root</c>. Where there are triggers, <c>root</c> begins with the trigger's own text.</param>
internal sealed record OutputGrammar(string Gbnf)
{
    /// <summary>
    /// Literal texts. The answer is free until one of them appears in it, which is where the grammar begins. Empty: the grammar binds
    /// from the first token on.
    /// </summary>
    public IReadOnlyList<string> Triggers { get; init; } = [];
}
