using Microsoft.Extensions.Caching.Distributed;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Caching;

/// <summary>
/// Stored answers in an <see cref="IDistributedCache"/>. If the store throws, hangs or returns invalid data, it is a miss.
/// </summary>
/// <remarks>Thread-safe. A store that blocks the calling thread inside its asynchronous methods cannot be cut short.</remarks>
internal sealed class AnswerStore(
    CachedAnswerOptions options, TimeProvider timeProvider, Action<Action> background, Action<AnswerStoreFault, Exception?>? onFault)
{
    /// <summary>No request waits for a write, so it may take its time. But it must end to free its place.</summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(5);

    private readonly IDistributedCache _cache = options.DistributedCache!;
    private int _pendingWrites;
    private long _droppedWrites;

    public long DroppedWrites => Interlocked.Read(ref _droppedWrites);

    public string? Geography => options.DistributedGeography;

    public bool Serves(DataResidency residency) => residency.Allows(Geography);

    /// <summary>Reads an entry. Throws only if the caller's <paramref name="cancellationToken"/> is cancelled.</summary>
    public async ValueTask<StoredAnswer?> ReadAsync(AnswerKey key, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var name = key.ToString();
        try
        {
            var bytes = await BoundedAsync(
                static (cache, name, token) => cache.GetAsync(name, token), name, timeout, cancellationToken).ConfigureAwait(false);
            if (bytes is null)
            {
                return null;
            }

            if (StoredAnswerPayload.TryRead(name, bytes) is not { } answer)
            {
                onFault?.Invoke(AnswerStoreFault.EntryUnreadable, null);
                return null;
            }

            return answer.IsFresh(timeProvider.GetUtcNow(), options.MaxAge) ? answer : null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            onFault?.Invoke(
                exception switch
                {
                    TimeoutException => AnswerStoreFault.ReadTimedOut,
                    System.Text.Json.JsonException or NullReferenceException or FormatException => AnswerStoreFault.EntryUnreadable,
                    _ => AnswerStoreFault.ReadFailed,
                },
                exception);
            return null;
        }
    }

    /// <summary>Writes an entry in the background, or drops it if too many writes are in progress.</summary>
    public void Write(AnswerKey key, StoredAnswer answer)
    {
        if (Interlocked.Increment(ref _pendingWrites) > options.MaxPendingWrites)
        {
            Interlocked.Decrement(ref _pendingWrites);
            Interlocked.Increment(ref _droppedWrites);
            onFault?.Invoke(AnswerStoreFault.WriteDropped, null);
            return;
        }

        background(() => _ = WriteAsync(key, answer));
    }

    private async Task WriteAsync(AnswerKey key, StoredAnswer answer)
    {
        try
        {
            // An answer of a later step does not replace one of the first step.
            if (!answer.IsFirstStep
                && await ReadAsync(key, WriteTimeout, CancellationToken.None).ConfigureAwait(false) is { IsFirstStep: true })
            {
                return;
            }

            var name = key.ToString();
            var payload = StoredAnswerPayload.Write(name, answer);
            var entry = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = options.MaxAge };
            await BoundedAsync(
                static async (cache, write, token) =>
                {
                    await cache.SetAsync(write.name, write.payload, write.entry, token).ConfigureAwait(false);
                    return true;
                },
                (name, payload, entry),
                WriteTimeout,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // No request waits for this: a store that is down costs later requests a miss.
            onFault?.Invoke(exception is TimeoutException ? AnswerStoreFault.WriteTimedOut : AnswerStoreFault.WriteFailed, exception);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingWrites);
        }
    }

    /// <summary>
    /// Calls the store for at most <paramref name="timeout"/>, whether or not it respects its token. A later result is ignored.
    /// </summary>
    private async ValueTask<TResult> BoundedAsync<TState, TResult>(
        Func<IDistributedCache, TState, CancellationToken, Task<TResult>> call,
        TState state,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        // Not disposed: an abandoned call may still read its token, and it has no timer to leak.
        var stop = new CancellationTokenSource();
        var task = call(_cache, state, stop.Token);
        if (task.IsCompleted)
        {
            return await task.ConfigureAwait(false);
        }

        try
        {
            return await task.WaitAsync(timeout, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!task.IsCompleted)
            {
                DetachedWork.Observe(task);
                DetachedWork.Cancel(stop);
            }
        }
    }
}
