namespace Resilient.Llm.Loopback;

/// <summary>A number that can be awaited, so that tests wait for events and not for time.</summary>
internal sealed class Gauge
{
    private readonly Lock _lock = new();
    private readonly List<(Func<int, bool> Reached, TaskCompletionSource Done)> _waiting = [];
    private int _value;

    public int Value => Volatile.Read(ref _value);

    public int Add(int change)
    {
        lock (_lock)
        {
            _value += change;
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (_waiting[i].Reached(_value))
                {
                    _waiting[i].Done.TrySetResult();
                    _waiting.RemoveAt(i);
                }
            }

            return _value;
        }
    }

    public Task WhenAsync(Func<int, bool> reached, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (reached(_value))
            {
                return Task.CompletedTask;
            }

            // The waiter's code must not run inside the request that woke it.
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((reached, done));
            return done.Task.WaitAsync(cancellationToken);
        }
    }
}
