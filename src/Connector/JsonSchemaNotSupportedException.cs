namespace CurKv.Connector;

/// <summary>A JSON schema is wrong, or says what no grammar can enforce: the message names the keyword, where it stands, and the fix.</summary>
internal sealed class JsonSchemaNotSupportedException : NotSupportedException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="keyword">The keyword that is at fault.</param>
    /// <param name="path">Where it stands: a JSON pointer into the schema, such as <c>#/properties/age</c>.</param>
    /// <param name="reason">What is wrong, and the fix.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public JsonSchemaNotSupportedException(string keyword, string path, string reason, Exception? innerException = null)
        : base($"The JSON schema's '{keyword}' at '{path}' {reason}", innerException)
    {
        Keyword = keyword;
        Path = path;
    }

    /// <summary>The keyword that is at fault.</summary>
    public string Keyword { get; }

    /// <summary>Where the schema with the keyword stands: a JSON pointer, such as <c>#/properties/age</c>.</summary>
    public string Path { get; }
}
