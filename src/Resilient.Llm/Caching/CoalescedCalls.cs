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
    private readonly Dictionary<AnswerKey, CoalescedCall> _flights = [];
    private readonly TaskCreationOptions _continuations =
        timeProvider.IsRealTime() ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    /// <summary>Joins the call in progress for a question, or begins one.</summary>
    /// <param name="key">The question.</param>
    /// <param name="begins">True for the request that must make the call and then <see cref="Complete"/> it.</param>
    public AnswerWaiter Join(AnswerKey key, out bool begins)
    {
        lock (_lock)
        {
            begins = !_flights.TryGetValue(key, out var flight);
            if (flight is null)
            {
                _flights.Add(key, flight = new(key));
            }

            var waiter = new AnswerWaiter(flight, _continuations);
            flight.Waiters.Add(waiter);
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
                var (flights, waiter) = ((CoalescedCalls, AnswerWaiter))state!;
                if (flights.Leave(waiter))
                {
                    waiter.TrySetCanceled(token);
                }
            },
            (this, waiter));
        using var timer = patience is not { } wait ? null : timeProvider.CreateTimer(
            static state =>
            {
                var (flights, waiter) = ((CoalescedCalls, AnswerWaiter))state!;
                if (flights.Leave(waiter))
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
    public void Complete(CoalescedCall flight, CoalescedCallResult result)
    {
        AnswerWaiter[] waiters;
        lock (_lock)
        {
            Remove(flight);
            waiters = [.. flight.Waiters];
            flight.Waiters.Clear();
        }

        foreach (var waiter in waiters)
        {
            waiter.TrySetResult(result);
        }
    }

    /// <summary>False if the result is already on its way to this waiter.</summary>
    private bool Leave(AnswerWaiter waiter)
    {
        var flight = waiter.Flight;
        bool isLast;
        lock (_lock)
        {
            if (!flight.Waiters.Remove(waiter))
            {
                return false;
            }

            isLast = flight.Waiters.Count == 0;
            if (isLast)
            {
                // A later request begins a new call instead of joining one that is being stopped.
                Remove(flight);
            }
        }

        if (isLast)
        {
            flight.Stop();
        }

        return true;
    }

    private void Remove(CoalescedCall flight)
    {
        if (_flights.TryGetValue(flight.Key, out var current) && ReferenceEquals(current, flight))
        {
            _flights.Remove(flight.Key);
        }
    }
}
