namespace CurKv.Grammar.Schema;

/// <summary>A JSON schema is wrong, or says what no grammar can enforce.</summary>
/// <param name="keyword">The keyword that is at fault.</param>
/// <param name="path">Where the schema with the keyword stands: a JSON pointer, such as <c>#/properties/age</c>.</param>
/// <param name="reason">What is wrong, and the fix.</param>
/// <param name="innerException">The cause, if there is one.</param>
internal sealed class JsonSchemaException(string keyword, string path, string reason, Exception? innerException = null)
    : Exception($"The JSON schema's '{keyword}' at '{path}' {reason}", innerException)
{
    /// <summary>The keyword that is at fault.</summary>
    public string Keyword => keyword;

    /// <summary>Where the schema with the keyword stands: a JSON pointer.</summary>
    public string Path => path;

    /// <summary>What is wrong, and the fix; it continues a sentence that names the keyword and the path.</summary>
    public string Reason => reason;
}
