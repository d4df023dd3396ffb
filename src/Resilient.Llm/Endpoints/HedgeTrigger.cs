namespace Resilient.Llm.Endpoints;

/// <summary>Says of one endpoint how long to wait for it before another one is asked as well, and whether that may be.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class HedgeTrigger
{
    private readonly ChatHedgingOptions _options;
    private readonly RetryBudget _budget;
    private readonly EndpointLatency? _latency;

    /// <param name="options">Validated here. Copied.</param>
    /// <param name="budget">Of the endpoint that keeps the caller waiting: whatever it causes, together with its retries, stays a small share of its calls.</param>
    /// <param name="latency">The endpoint's recent times; null where nobody measures them.</param>
    /// <param name="owner">For messages.</param>
    public HedgeTrigger(ChatHedgingOptions options, RetryBudget budget, EndpointLatency? latency, string owner)
    {
        options.Validate(owner);
        _options = options.Copy();
        _budget = budget;
        _latency = latency;
    }

    /// <summary>The wait; null: no hedge.</summary>
    public TimeSpan? DelayFor(bool isStreaming)
    {
        var delay = _options.Delay ?? Usual(isStreaming) ?? _options.InitialDelay;
        return delay == Timeout.InfiniteTimeSpan ? null : delay;
    }

    public bool TryTakeFromBudget() => _budget.TryTake();

    /// <summary>
    /// As far as answers tell. A loser leaves as lower bound the wait before its hedge and the time of the hedge; where more calls hang than the percentile leaves out, the longest of these would be the
    /// estimate, and each hedge would come later than the one before. Only where hardly any call is answered do they count: else a model slower than the first wait would never be let finish.
    /// </summary>
    private TimeSpan? Usual(bool isStreaming) =>
        (_latency?.Usual(isStreaming, _options.Percentile) ?? _latency?.Percentile(isStreaming, _options.Percentile)) is not { } usual ? null
        : usual > _options.MinimumDelay ? usual
        : _options.MinimumDelay;
}
