namespace Resilient.Llm.Chaos.Experiments;

/// <summary>The requests that wait for their answer or first content, oldest first. Tracked only for guards. Thread-safe.</summary>
internal sealed class PendingRequests
{
    private readonly Lock _lock = new();
    private readonly LinkedList<long> _starts = new();
    private volatile int _watchers;

    public bool IsWatched => _watchers > 0;

    public void Watch()
    {
        lock (_lock)
        {
            _watchers++;
        }
    }

    public void Unwatch()
    {
        lock (_lock)
        {
            if (--_watchers == 0)
            {
                // Streams that were never read to their end would be kept forever.
                _starts.Clear();
            }
        }
    }

    public LinkedListNode<long> Begin(TimeProvider clock)
    {
        lock (_lock)
        {
            // Read under the lock to keep the list in order.
            return _starts.AddLast(clock.GetTimestamp());
        }
    }

    /// <summary>Removes a request. Idempotent.</summary>
    public void End(LinkedListNode<long> request)
    {
        lock (_lock)
        {
            if (request.List is not null)
            {
                _starts.Remove(request);
            }
        }
    }

    /// <summary>How many began before a timestamp and still wait.</summary>
    public int CountBefore(long timestamp)
    {
        var count = 0;
        lock (_lock)
        {
            for (var request = _starts.First; request is not null && request.Value < timestamp; request = request.Next)
            {
                count++;
            }
        }

        return count;
    }
}
