using Resilient.Llm.Shared;

namespace Resilient.Llm.Caching;

/// <summary>Where work goes that nobody waits for.</summary>
internal static class BackgroundWork
{
    /// <summary>
    /// In real time the thread pool, so that a store that blocks cannot hold up a request. On any other clock at once and in place: the thread pool would
    /// make the order of events depend on more than the clock.
    /// </summary>
    public static Action<Action> For(TimeProvider timeProvider) =>
        timeProvider.IsRealTime() ? static work => ThreadPool.UnsafeQueueUserWorkItem(static work => work(), work, preferLocal: false) : static work => work();
}
