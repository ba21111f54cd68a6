using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Templates;

/// <summary>A rendered and tokenised conversation.</summary>
/// <param name="Text">The text that the template made.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="SystemPrompt">The tokens up to the end of the system prompt; empty where there is none.</param>
/// <param name="Tools">The tokens that tell of tools, where the template does; else empty.</param>
/// <param name="Scaffolding">The tokens that the template put around messages: role names, markers of turns. Ascending.</param>
internal sealed record Prompt(string Text, int[] Tokens, TokenRange SystemPrompt, TokenRange Tools, IReadOnlyList<TokenRange> Scaffolding);
