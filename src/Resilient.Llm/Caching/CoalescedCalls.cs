using Resilient.Llm.Requests;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Caching;

/// <summary>The calls in progress, by question.</summary>
/// <remarks>
/// Thread-safe. Waiters are released one by one in a loop, never from each other's continuations: a thousand need no more stack than one.
/// In real time their continuations run on the thread pool, so that a slow caller delays no other; on any other clock they run in place.
/// </remarks>
internal sealed class CoalescedCalls(TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AnswerKey, CoalescedCall> _calls = [];
    private readonly TaskCreationOptions _continuations =
        timeProvider.IsRealTime() ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    /// <summary>Joins the call in progress for a question, or begins one.</summary>
    /// <param name="key">The question.</param>
    /// <param name="begins">True for the request that must make the call and then <see cref="Complete"/> it.</param>
    public AnswerWaiter Join(AnswerKey key, out bool begins)
    {
        lock (_lock)
        {
            begins = !_calls.TryGetValue(key, out var call);
            if (call is null)
            {
                _calls.Add(key, call = new(key));
            }

            var waiter = new AnswerWaiter(call, _continuations);
            call.Waiters.Add(waiter);
            return waiter;
        }
    }

    /// <summary>Waits for the result; null if <paramref name="patience"/> ends first. The last waiter to leave stops the call.</summary>
    public async Task<CoalescedCallResult?> WaitAsync(AnswerWaiter waiter, TimeSpan? patience, CancellationToken cancellationToken)
    {
        if (waiter.Task.IsCompleted)
        {
            return await waiter.Task.ConfigureAwait(false);
        }

        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (calls, waiter) = ((CoalescedCalls, AnswerWaiter))state!;
                if (calls.Leave(waiter))
                {
                    waiter.TrySetCanceled(token);
                }
            },
            (this, waiter));
        using var timer = patience is not { } wait ? null : timeProvider.CreateTimer(
            static state =>
            {
                var (calls, waiter) = ((CoalescedCalls, AnswerWaiter))state!;
                if (calls.Leave(waiter))
                {
                    waiter.TrySetResult(null);
                }
            },
            (this, waiter),
            wait,
            Timeout.InfiniteTimeSpan);
        return await waiter.Task.ConfigureAwait(false);
    }

    /// <summary>Ends a call and gives every waiter its result.</summary>
    public void Complete(CoalescedCall call, CoalescedCallResult result)
    {
        AnswerWaiter[] waiters;
        lock (_lock)
        {
            Remove(call);
            waiters = [.. call.Waiters];
            call.Waiters.Clear();
        }

        foreach (var waiter in waiters)
        {
            waiter.TrySetResult(result);
        }
    }

    /// <summary>False if the result is already on its way to this waiter.</summary>
    private bool Leave(AnswerWaiter waiter)
    {
        var call = waiter.Call;
        bool isLast;
        lock (_lock)
        {
            if (!call.Waiters.Remove(waiter))
            {
                return false;
            }

            isLast = call.Waiters.Count == 0;
            if (isLast)
            {
                // A later request begins a new call instead of joining one that is being stopped.
                Remove(call);
            }
        }

        if (isLast)
        {
            call.Stop();
        }

        return true;
    }

    private void Remove(CoalescedCall call)
    {
        if (_calls.TryGetValue(call.Key, out var current) && ReferenceEquals(current, call))
        {
            _calls.Remove(call.Key);
        }
    }
}
