namespace CurKv.Connector.Templates;

/// <summary>One message as a template sees it.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">Its text.</param>
internal readonly record struct ChatTurn(string Role, string Content);
