namespace CurKv.Connector.Scheduling;

/// <summary>The native thread's work on one answer. It waits while its reader does not read.</summary>
internal sealed class AnswerWork(SequenceRunner runner, GenerationRequest request, EventBuffer events) : INativeWork
{
    private Generation? _generation;

    public Task? Run(CancellationToken cancellationToken)
    {
        _generation ??= runner.Start(request, events.Write);
        runner.Run(_generation, () => events.IsFull, cancellationToken);
        return _generation.IsFinished ? null : events.WhenDrainedAsync();
    }

    public void Dispose()
    {
        if (_generation is not null)
        {
            runner.End(_generation);
        }
    }
}
