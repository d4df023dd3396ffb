namespace Resilient.Llm.RateLimiting;

/// <summary>A call in the queue of a <see cref="CallLimiter"/>. Leaves it once: admitted, expired or cancelled.</summary>
/// <remarks>
/// In real time it continues on the thread pool: the call that makes room must return its answer and not run the next call first. On any
/// other clock it continues inline, since virtual time must not use the thread pool. Never complete it under a lock.
/// </remarks>
internal sealed class QueuedCall(CallLimiter limiter, int tokens, long until, TaskCreationOptions continuations)
    : TaskCompletionSource<bool>(continuations)
{
    public int Tokens { get; } = tokens;

    /// <summary>Timestamp at which the wait ends.</summary>
    public long Until { get; } = until;

    /// <summary>Its place in the queue; guarded by the limiter's lock.</summary>
    public LinkedListNode<QueuedCall>? Place { get; set; }

    /// <summary>Waits for the turn. True: admitted. False: time is up. A cancellation throws and frees the place.</summary>
    public async Task<bool> WaitAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var due = CallLimiter.ToDueTime(Until - timeProvider.GetTimestamp(), timeProvider);
        using var expiry = timeProvider.CreateTimer(static state => ((QueuedCall)state!).Expire(), this, due, Timeout.InfiniteTimeSpan);
        var registration = cancellationToken.UnsafeRegister(static (state, token) => ((QueuedCall)state!).Cancel(token), this);
        try
        {
            return await Task.ConfigureAwait(false);
        }
        finally
        {
            // Not Dispose: that would wait for a callback that may be waiting for us.
            registration.Unregister();
        }
    }

    private void Expire()
    {
        if (limiter.TryExpire(this))
        {
            TrySetResult(false);
        }
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (limiter.TryAbandon(this))
        {
            TrySetCanceled(cancellationToken);
        }
    }
}
