namespace Resilient.Llm.RateLimiting;

/// <summary>The result of asking a <see cref="CallLimiter"/> for admission.</summary>
/// <param name="IsAdmitted">Whether the call may start, and must end with one <see cref="CallLimiter.Leave"/>.</param>
/// <param name="Waiter">The place in the queue, to be awaited; null when admitted or refused.</param>
/// <param name="RetryAfter">When refused: how long until a call would pass, if known.</param>
internal readonly record struct RateLimitLease(bool IsAdmitted, QueuedCall? Waiter = null, TimeSpan? RetryAfter = null);

/// <summary>How an admitted call ended, for the limits.</summary>
/// <param name="WasSent">False: it never reached the provider and costs nothing.</param>
/// <param name="Tokens">The tokens it used; null when unknown: the estimate then stands.</param>
internal readonly record struct CallEnd(bool WasSent, long? Tokens = null)
{
    public static CallEnd NotSent => default;

    public static CallEnd Unknown => new(WasSent: true);
}
