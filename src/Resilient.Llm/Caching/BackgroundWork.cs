using Resilient.Llm.Shared;

namespace Resilient.Llm.Caching;

/// <summary>Runs work that no caller waits for.</summary>
internal static class BackgroundWork
{
    /// <summary>In real time on the thread pool, so that a blocking store delays no request; on other clocks at once, in place.</summary>
    /// <remarks>On the thread pool the order of events would depend on more than the clock.</remarks>
    public static Action<Action> For(TimeProvider timeProvider) =>
        timeProvider.IsRealTime()
            ? static work => ThreadPool.UnsafeQueueUserWorkItem(static work => work(), work, preferLocal: false)
            : static work => work();
}
