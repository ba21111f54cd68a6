namespace CurKv.Samples.Chat;

/// <summary>What lies beside the program.</summary>
internal static class BundledFiles
{
    public static FileInfo Model { get; } = At("models", "pebble-17m-q8_0.gguf");

    public static FileInfo Document { get; } = At("Documents", "valley-book.txt");

    public static FileInfo Questions { get; } = At("Documents", "valley-book.questions.json");

    private static FileInfo At(string folder, string name) => new(Path.Combine(AppContext.BaseDirectory, folder, name));
}
