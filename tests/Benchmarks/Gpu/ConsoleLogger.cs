using Microsoft.Extensions.Logging;

namespace CurKv.Benchmarks.Gpu;

/// <summary>Warnings and errors go to the standard error stream, and what a compression says of itself.</summary>
internal sealed class ConsoleLogger : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string text = formatter(state, exception);
        if (logLevel >= LogLevel.Warning || text.StartsWith("Compressed", StringComparison.Ordinal) || text.Contains("compute capability", StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"{logLevel}: {text.TrimEnd()}");
        }
    }
}
