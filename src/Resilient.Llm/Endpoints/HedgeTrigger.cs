namespace Resilient.Llm.Endpoints;

/// <summary>Decides for one endpoint how long to wait before another one is called as well, and whether the budget allows it.</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="options">Never changed here.</param>
/// <param name="budget">The slow endpoint's: the hedges it causes, together with its retries, stay a small share of its calls.</param>
/// <param name="latency">The endpoint's recent times.</param>
internal sealed class HedgeTrigger(ChatHedgingOptions options, RetryBudget budget, EndpointLatency latency)
{
    public TimeSpan? DelayFor(bool isStreaming)
    {
        var delay = options.Delay ?? Usual(isStreaming) ?? options.InitialDelay;
        return delay == Timeout.InfiniteTimeSpan ? null : delay;
    }

    public bool TryTakeFromBudget() => budget.TryTake();

    /// <summary>
    /// Based on answered calls. A loser leaves a lower bound: the wait before its hedge plus the time of the hedge. If more calls hang than
    /// the percentile leaves out, the longest of these would be the estimate, and each hedge would come later than the one before. They
    /// count only if hardly any call is answered: else a model slower than the first wait could never finish.
    /// </summary>
    private TimeSpan? Usual(bool isStreaming) =>
        (latency.Usual(isStreaming, options.Percentile) ?? latency.Percentile(isStreaming, options.Percentile)) is not { } usual ? null
        : usual > options.MinimumDelay ? usual
        : options.MinimumDelay;
}
