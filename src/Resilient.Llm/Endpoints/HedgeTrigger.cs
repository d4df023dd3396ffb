namespace Resilient.Llm.Endpoints;

/// <summary>Says of one endpoint how long to wait for it before another one is asked as well, and whether that may be.</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="options">Not changed any more.</param>
/// <param name="budget">
/// Of the endpoint that keeps the caller waiting: whatever it causes, together with its retries, stays a small share of its calls.
/// </param>
/// <param name="latency">The endpoint's recent times.</param>
internal sealed class HedgeTrigger(ChatHedgingOptions options, RetryBudget budget, EndpointLatency latency)
{
    /// <summary>The wait; null: no hedge.</summary>
    public TimeSpan? DelayFor(bool isStreaming)
    {
        var delay = options.Delay ?? Usual(isStreaming) ?? options.InitialDelay;
        return delay == Timeout.InfiniteTimeSpan ? null : delay;
    }

    public bool TryTakeFromBudget() => budget.TryTake();

    /// <summary>
    /// As far as answers tell. A loser leaves as lower bound the wait before its hedge and the time of the hedge; where more calls hang than the percentile leaves out, the longest of these would be the
    /// estimate, and each hedge would come later than the one before. Only where hardly any call is answered do they count: else a model slower than the first wait would never be let finish.
    /// </summary>
    private TimeSpan? Usual(bool isStreaming) =>
        (latency.Usual(isStreaming, options.Percentile) ?? latency.Percentile(isStreaming, options.Percentile)) is not { } usual ? null
        : usual > options.MinimumDelay ? usual
        : options.MinimumDelay;
}
