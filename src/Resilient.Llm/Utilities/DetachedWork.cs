using Resilient.Llm.Shared;

namespace Resilient.Llm.Utilities;

/// <summary>What is owed to work that is no longer waited for.</summary>
internal static class DetachedWork
{
    /// <summary>Cancels, whatever the callbacks that foreign code registered on the token do.</summary>
    public static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // A callback of the provider's client threw. The caller has left: there is no one to tell.
        }
    }

    /// <summary>
    /// Cancels without waiting for those callbacks, where that may be: one that blocks must not hold up the caller that is told that time is up. In virtual time
    /// everything happens in place.
    /// </summary>
    public static void Cancel(CancellationTokenSource source, TimeProvider timeProvider)
    {
        if (timeProvider.IsRealTime())
        {
            Observe(source.CancelAsync());
        }
        else
        {
            Cancel(source);
        }
    }

    /// <summary>
    /// A caller that cancelled gets a cancellation with its own token, whichever token the client's carries: the two race when the client is
    /// just being called while the caller cancels.
    /// </summary>
    public static Exception AsSeenBy(Exception exception, CancellationToken callerToken) =>
        callerToken.IsCancellationRequested && exception is OperationCanceledException cancelled && cancelled.CancellationToken != callerToken
            ? new OperationCanceledException(cancelled.Message, cancelled, callerToken)
            : exception;

    /// <summary>Disposes a stream without waiting for it: its disposal may hang or throw like everything else of its client.</summary>
    public static void Dispose(IAsyncDisposable stream)
    {
        try
        {
            var disposal = stream.DisposeAsync();
            if (!disposal.IsCompletedSuccessfully)
            {
                Observe(disposal.AsTask());
            }
        }
        catch (Exception)
        {
            // This stream is no longer waited for: there is no one to tell.
        }
    }

    /// <summary>Reads the exception of a task when it ends, so that it never surfaces as unobserved.</summary>
    public static void Observe(Task task) =>
        task.ContinueWith(
            static ended => _ = ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
