namespace CurKv.Connector.Engine.Native;

/// <summary>Text for llama.cpp, which ends at the first NUL character.</summary>
internal static class NativeText
{
    /// <summary>Refuses what llama.cpp would cut off silently.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parameter">The parameter that it came by.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentException">The text holds a NUL character.</exception>
    public static string WithoutNul(string text, string parameter) => text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and int at
        ? throw new ArgumentException($"The text holds a NUL character at {at}, where llama.cpp would end it. Remove it; text extraction often leaves some.", parameter)
        : text;
}
