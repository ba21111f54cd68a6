using CurKv.Connector.KvCache;
using CurKv.Connector.Sessions;
using CurKv.Connector.Templates.Formats;

namespace CurKv.Connector.Chat;

/// <summary>A prompt that is ready to be read.</summary>
/// <param name="Prefix">What is already read and goes before the tokens; null for nothing.</param>
/// <param name="Text">The whole text.</param>
/// <param name="Tokens">The tokens to read.</param>
/// <param name="Plan">How the cache is compressed; null to keep all of it.</param>
/// <param name="Format">How the answer will look.</param>
internal sealed record PreparedPrompt(KvSnapshot? Prefix, string Text, int[] Tokens, KvCompressionPlan? Plan, AnswerFormat Format);
