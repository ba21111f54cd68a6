namespace CurKv.Connector.Scheduling;

/// <summary>
/// The pieces of an answer on their way from the native thread, which never waits here, to one reader, who may never read on. Thread-safe.
/// </summary>
/// <remarks>
/// Not a channel: one keeps the last continuation that waited for it, and with that the enumerator, whose end would not be noticed.
/// </remarks>
/// <param name="capacity">So many unread pieces make the buffer full; the prompt's progress and the answer's end still find room.</param>
internal sealed class EventBuffer(int capacity)
{
    /// <summary>
    /// The capacity for a reader who may stop. A piece is a token's text or more: enough that a reader who is held up for some hundred
    /// milliseconds does not stop the answer, and that taking an answer's cells out for others pays for many tokens.
    /// </summary>
    public const int DefaultCapacity = 64;

    /// <summary>The capacity for a reader who takes the whole answer in any case.</summary>
    public const int Unbounded = int.MaxValue;

    private readonly Queue<GenerationEvent> _events = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource? _arrival;
    private TaskCompletionSource? _drain;
    private bool _isComplete;

    /// <summary>Whether the answer should wait for its reader.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _events.Count >= capacity;
            }
        }
    }

    /// <summary>Adds a piece.</summary>
    public void Write(GenerationEvent item)
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            _events.Enqueue(item);
            arrival = Forget(ref _arrival);
        }

        arrival?.SetResult();
    }

    /// <summary>Tells the reader that nothing follows.</summary>
    public void Complete()
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            _isComplete = true;
            arrival = Forget(ref _arrival);
        }

        arrival?.SetResult();
    }

    /// <summary>Ends once half of the buffer is read: an answer that goes on can then do so for many tokens.</summary>
    public Task WhenDrainedAsync()
    {
        lock (_gate)
        {
            if (_events.Count <= capacity / 2)
            {
                return Task.CompletedTask;
            }

            _drain ??= new TaskCompletionSource();
            return _drain.Task;
        }
    }

    /// <summary>Reads to the end. There is no token: the generation's own end says whether it was cancelled.</summary>
    public async IAsyncEnumerable<GenerationEvent> ReadAllAsync()
    {
        while (true)
        {
            if (TryRead(out GenerationEvent item, out Task? arrival))
            {
                yield return item;
            }
            else if (arrival is not null)
            {
                await arrival.ConfigureAwait(false);
            }
            else
            {
                yield break;
            }
        }
    }

    /// <summary>Takes the next piece, or says what to wait for; null where nothing follows.</summary>
    private bool TryRead(out GenerationEvent item, out Task? arrival)
    {
        TaskCompletionSource? drain = null;
        arrival = null;
        bool isRead;
        lock (_gate)
        {
            isRead = _events.TryDequeue(out item);
            if (isRead && _events.Count == capacity / 2)
            {
                drain = Forget(ref _drain);
            }
            else if (!isRead && !_isComplete)
            {
                // The reader must not run on the native thread.
                _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }
        }

        drain?.SetResult();
        return isRead;
    }

    private static TaskCompletionSource? Forget(ref TaskCompletionSource? source)
    {
        TaskCompletionSource? forgotten = source;
        source = null;
        return forgotten;
    }
}
