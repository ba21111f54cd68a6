using System.Text;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace CurKv.Connector.Engine.Native;

/// <summary>
/// Hands llama.cpp's log lines to the loggers of the engines alive: llama.cpp has one log callback for the process. Its own
/// "info" is chatty, so it goes one level lower.
/// </summary>
internal static partial class NativeLog
{
    private const int KeptErrors = 3;
    private static readonly Lock Gate = new();
    private static readonly ThreadLocal<PartialLine> Line = new(() => new PartialLine());
    private static readonly Queue<string> RecentErrors = new();
    private static readonly NativeLogConfig.LLamaLogCallback Callback = OnText;

    // Copied on write: loggers are called outside the lock, since they may wait for anything.
    private static volatile ILogger[] _loggers = [];

    /// <summary>Routes llama.cpp's lines here. To be called before the library is loaded, so that nothing goes to the console.</summary>
    public static void Install() => NativeLogConfig.llama_log_set(Callback);

    /// <summary>Adds a logger until the returned handle is disposed.</summary>
    public static IDisposable Subscribe(ILogger logger)
    {
        lock (Gate)
        {
            _loggers = [.. _loggers, logger];
        }

        return new Subscription(logger);
    }

    /// <summary>Forgets the errors collected so far.</summary>
    public static void ClearErrors()
    {
        lock (Gate)
        {
            RecentErrors.Clear();
        }
    }

    /// <summary>llama.cpp's last error lines, for exceptions: it returns null and logs why.</summary>
    public static string LastErrors()
    {
        lock (Gate)
        {
            return RecentErrors.Count == 0 ? "llama.cpp gave no reason." : $"llama.cpp said: {string.Join("; ", RecentErrors)}.";
        }
    }

    // Called by llama.cpp, from any of its threads: lines come in pieces, and no exception may pass.
    private static void OnText(LLamaLogLevel nativeLevel, string text)
    {
        PartialLine line = Line.Value!;
        if (nativeLevel != LLamaLogLevel.Continue)
        {
            line.Level = nativeLevel;
        }

        line.Text.Append(text);
        if (line.Text.Length == 0 || line.Text[^1] != '\n')
        {
            return;
        }

        string whole = line.Text.ToString().TrimEnd();
        line.Text.Clear();
        if (line.Level == LLamaLogLevel.Error)
        {
            KeepError(whole.TrimEnd('.'));
        }

        foreach (ILogger logger in _loggers)
        {
            Log(logger, Map(line.Level), whole);
        }
    }

    private static void KeepError(string line)
    {
        lock (Gate)
        {
            RecentErrors.Enqueue(line);
            if (RecentErrors.Count > KeptErrors)
            {
                RecentErrors.Dequeue();
            }
        }
    }

    private static void Log(ILogger logger, LogLevel level, string line)
    {
        try
        {
            if (logger.IsEnabled(level))
            {
                Write(logger, level, line);
            }
        }
#pragma warning disable CA1031 // A logger's exception would pass through llama.cpp's frames and end the process.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nowhere left to report a broken logger to.
        }
    }

    private static LogLevel Map(LLamaLogLevel level) => level switch
    {
        LLamaLogLevel.Error => LogLevel.Error,
        LLamaLogLevel.Warning => LogLevel.Warning,
        LLamaLogLevel.Info => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    [LoggerMessage(Message = "llama.cpp: {Line}")]
    private static partial void Write(ILogger logger, LogLevel level, string line);

    private sealed class PartialLine
    {
        public StringBuilder Text { get; } = new();

        public LLamaLogLevel Level { get; set; }
    }

    private sealed class Subscription(ILogger logger) : IDisposable
    {
        public void Dispose()
        {
            lock (Gate)
            {
                int index = Array.IndexOf(_loggers, logger);
                if (index >= 0)
                {
                    _loggers = [.. _loggers[..index], .. _loggers[(index + 1)..]];
                }
            }
        }
    }
}
