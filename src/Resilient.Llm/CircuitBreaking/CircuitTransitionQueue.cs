using System.Collections.Concurrent;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>Delivers transitions in order, one at a time, outside the breaker's lock.</summary>
/// <remarks>
/// The breaker enqueues under its lock and delivers afterwards. The delivering thread also takes what other threads enqueue meanwhile. So a
/// handler may call the breaker, and handlers never run in parallel.
/// </remarks>
internal sealed class CircuitTransitionQueue
{
    private readonly ConcurrentQueue<CircuitTransition> _pending = new();
    private int _isDelivering;

    public void Enqueue(CircuitTransition transition) => _pending.Enqueue(transition);

    public void Deliver(Action<CircuitTransition>? handlers)
    {
        // Checked again after giving up the right to deliver: another thread may have enqueued just before and relied on this one.
        while (!_pending.IsEmpty && Interlocked.CompareExchange(ref _isDelivering, 1, 0) == 0)
        {
            try
            {
                while (_pending.TryDequeue(out var transition))
                {
                    Deliver(handlers, transition);
                }
            }
            finally
            {
                Volatile.Write(ref _isDelivering, 0);
            }
        }
    }

    private static void Deliver(Action<CircuitTransition>? handlers, CircuitTransition transition)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(transition);
            }
            catch (Exception)
            {
                // A failing handler must not fail the call that caused the transition.
            }
        }
    }
}
