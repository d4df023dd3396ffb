using Resilient.Llm.Shared;

namespace Resilient.Llm.Utilities;

/// <summary>Cancels, disposes and observes work that is no longer waited for.</summary>
internal static class DetachedWork
{
    /// <summary>Cancels, and ignores exceptions of callbacks that foreign code registered on the token.</summary>
    public static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException)
        {
            // A callback of the provider's client threw. The caller has left, so it is not reported.
        }
    }

    /// <summary>
    /// Cancels without waiting for callbacks: a blocking one must not delay the caller's timeout. In virtual time it runs in place.
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
    /// A caller that cancelled gets a cancellation with its own token, not the client's: the two race when the caller cancels while the
    /// client is being called.
    /// </summary>
    public static Exception AsSeenBy(Exception exception, CancellationToken callerToken) =>
        callerToken.IsCancellationRequested
        && exception is OperationCanceledException cancelled
        && cancelled.CancellationToken != callerToken
            ? new OperationCanceledException(cancelled.Message, cancelled, callerToken)
            : exception;

    /// <summary>Disposes a stream without waiting: its disposal may hang or throw.</summary>
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
            // This stream is no longer waited for, so the exception is not reported.
        }
    }

    /// <summary>Observes a task's exception, so that it never surfaces as unobserved.</summary>
    public static void Observe(Task task) =>
        task.ContinueWith(
            static ended => _ = ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
