namespace CurKv.Connector.Tests.Chat;

/// <summary>Keeps what is reported, on the reporting thread: <see cref="System.Progress{T}"/> would post it elsewhere.</summary>
internal sealed class Progress(Action<PromptProgress>? onReport = null) : IProgress<PromptProgress>
{
    public List<PromptProgress> Reports { get; } = [];

    public void Report(PromptProgress value)
    {
        Reports.Add(value);
        onReport?.Invoke(value);
    }
}
