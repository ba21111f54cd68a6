using CurKv.KvPolicy.Cache;

namespace CurKv.Connector.Templates;

/// <summary>A rendered and tokenised conversation.</summary>
/// <param name="Text">The rendered text.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="SystemPrompt">The tokens up to the end of the system prompt; empty if there is none.</param>
/// <param name="Tools">The tokens of the tools' descriptions, if the template renders them; otherwise empty.</param>
/// <param name="TemplateTokens">The tokens that the template adds around messages: role names and turn delimiters. Ascending.</param>
internal sealed record Prompt(string Text, int[] Tokens, TokenRange SystemPrompt, TokenRange Tools, IReadOnlyList<TokenRange> TemplateTokens);
