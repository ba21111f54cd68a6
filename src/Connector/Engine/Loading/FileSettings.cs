namespace CurKv.Connector.Engine.Loading;

/// <summary>What can be said of settings that name files before anything is loaded.</summary>
internal static class FileSettings
{
    /// <summary>What is wrong with the path of a model; null where nothing is.</summary>
    /// <param name="setting">The setting's name.</param>
    /// <param name="path">Its value.</param>
    public static string? ModelFailure(string setting, string? path) =>
        string.IsNullOrWhiteSpace(path) ? $"{setting} is empty. Set it to a GGUF file."
        : Failure(setting, path, "a GGUF file") ?? FormatFailure(setting, path);

    /// <summary>What is wrong with the path of a native library; null where nothing is.</summary>
    /// <param name="setting">The setting's name.</param>
    /// <param name="path">Its value; null for none.</param>
    public static string? LibraryFailure(string setting, string? path) =>
        path is null ? null
        : string.IsNullOrWhiteSpace(path) ? $"{setting} is empty. Set it to a libllama, or leave it null."
        : Failure(setting, path, "a libllama, or leave it null");

    private static string? Failure(string setting, string path, string fix) =>
        Directory.Exists(path) ? $"{setting} '{path}' is a directory. Set it to {fix}."
        : !File.Exists(path) ? $"{setting} '{path}' does not exist. Set it to {fix}; a relative path begins at '{Environment.CurrentDirectory}'."
        : null;

    private static string? FormatFailure(string setting, string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            Span<byte> magic = stackalloc byte[4];
            return stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("GGUF"u8)
                ? null
                : $"{setting} '{path}' is not a GGUF file. Set it to a model converted for llama.cpp.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{setting} '{path}' cannot be read: {e.Message} Set it to a GGUF file that this process may read.";
        }
    }
}
