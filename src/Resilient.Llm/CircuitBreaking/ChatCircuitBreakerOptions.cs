namespace Resilient.Llm;

/// <summary>When a circuit opens, for how long, and what closes it again.</summary>
/// <remarks>
/// Read and validated once, when the circuit is built: later changes have no effect. Not thread-safe while it is being changed.
/// Every duration is measured on the monotonic clock of the injected <see cref="TimeProvider"/>.
/// </remarks>
public sealed partial class ChatCircuitBreakerOptions
{
    /// <summary>
    /// Gets or sets how many failures within <see cref="SamplingDuration"/> open the circuit, if <see cref="FailureRatio"/> is reached too.
    /// </summary>
    /// <value>Default: 5. Range: 1 to 10,000.</value>
    public int FailureThreshold { get; set; } = 5;

    /// <summary>
    /// Gets or sets which share of the calls within <see cref="SamplingDuration"/> must have failed for the circuit to open. Zero makes it
    /// a pure count.
    /// </summary>
    /// <remarks>
    /// The count of failures against <see cref="FailureThreshold"/> is exact. The ratio is taken over fiftieths of
    /// <see cref="SamplingDuration"/>, so it covers the whole of it and at most 2 % more. Neutral outcomes are left out.
    /// </remarks>
    /// <value>Default: 0.5. Range: 0 to 1.</value>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Gets or sets how far back failures and calls are counted, both ends included.</summary>
    /// <value>Default: 10 seconds. Range: 1 millisecond to 1 day.</value>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets how many failures in a row open the circuit, whatever the time between them: for services with little traffic, where
    /// <see cref="SamplingDuration"/> never holds enough calls. One success resets the count.
    /// </summary>
    /// <value>Default: 10. Range: 1 and up; null or <see cref="int.MaxValue"/> switches it off.</value>
    public int? ConsecutiveFailures { get; set; } = 10;

    /// <summary>
    /// Gets or sets how long the circuit stays open before a probe may find out whether the endpoint is back. Doubles at each failed probe.
    /// </summary>
    /// <remarks>Jittered: a break lasts 80 to 100 % of this, so that many instances do not probe at the same moment.</remarks>
    /// <value>Default: 15 seconds. Range: 1 millisecond to 1 day.</value>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Gets or sets the longest break that doubling may lead to. Also the length of the cooldown when the provider says that the quota is
    /// spent, but not for how long.
    /// </summary>
    /// <value>Default: 2 minutes. Range: <see cref="BreakDuration"/> to 1 day.</value>
    public TimeSpan MaxBreakDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets or sets how many probes must succeed, one after the other, to close a half-open circuit.</summary>
    /// <value>Default: 1. Range: 1 to 1,000.</value>
    public int SuccessesToClose { get; set; } = 1;

    /// <summary>
    /// Gets or sets how long a probe without content keeps others from probing. Then another probe may start, and what the first one still
    /// reports is dropped. Every content renews the time.
    /// </summary>
    /// <remarks>
    /// A safety net for calls that nothing else ends: keep it above the time limits of the calls themselves and above the slowest plain
    /// answer, or probes replace each other before any of them can succeed.
    /// </remarks>
    /// <value>Default: 2 minutes. Range: 1 millisecond to 1 day.</value>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Gets or sets how long after its first content a streaming probe that still shows content counts as a success, before its end.
    /// </summary>
    /// <value>
    /// Default: 5 seconds. Range: zero (the first content suffices) to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>: only a clean end
    /// counts.
    /// </value>
    public TimeSpan ProbeSucceedsAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets how long a call must have lasted without content for its cancellation by the caller to count as a failure: the caller
    /// gave up on a slow endpoint. Sooner, or once content has come, a cancellation says nothing about the endpoint.
    /// </summary>
    /// <value>
    /// Default: 10 seconds. Range: above zero to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>: a cancellation never counts.
    /// </value>
    public TimeSpan CancelledCallThreshold { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets after how long without first content (of a stream; reasoning does not count) or without the answer (of a plain call) a
    /// call is slow. Enough slow calls open the circuit, also while they are still pending; a slow probe has failed.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Off by default: the time of a plain answer depends on its length, and that of a thinking model on the question. A bound that fits
    /// one application sends the healthy traffic of another to a cheaper model. Set it well above the slowest acceptable answer; it holds
    /// for plain calls and streams alike.
    /// </para>
    /// <para>
    /// Where the model is hedged and nothing is set, the bound follows the endpoint: four times what it usually takes
    /// (<see cref="ChatHedgingOptions.Percentile"/> of its last 200 times), and at least four times the hedging delay
    /// (<see cref="ChatHedgingOptions.InitialDelay"/> where there is no <see cref="ChatHedgingOptions.Delay"/>). Plain calls and streams
    /// have separate bounds, and none until 20 answers of the kind are known. A call keeps the bound that held when it began; where the
    /// bound falls, a call is slow no sooner than the older ones.
    /// </para>
    /// <para>
    /// Slow calls do not change what is usual, or a spike would soon be the norm. So a model that becomes more than four times slower at
    /// once, and permanently, is slow until the application restarts: single probes find it slow, and it is asked last. If that is the new
    /// normal, set this to a time above it, or to <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </para>
    /// <para>
    /// Slow calls open the circuit when <see cref="FailureThreshold"/> of them are within <see cref="SamplingDuration"/> and make up
    /// <see cref="SlowCallRatio"/> of its calls. A slow call is not a failure. An endpoint whose circuit is open for slowness is still
    /// asked, last of all models, where no faster one is available.
    /// </para>
    /// </remarks>
    /// <value>
    /// Default: null: off, or four times what the model usually takes where it is hedged. Range: above zero to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>: no call is slow, also where hedging would set a bound.
    /// </value>
    public TimeSpan? SlowCallDuration { get; set; }

    /// <summary>
    /// Gets or sets which share of the calls within <see cref="SamplingDuration"/> must be slow for the circuit to open for slowness.
    /// </summary>
    /// <remarks>Only with <see cref="SlowCallDuration"/> or hedging. Pending calls that are not slow yet are left out.</remarks>
    /// <value>Default: 0.5. Range: above 0 to 1.</value>
    public double SlowCallRatio { get; set; } = 0.5;

    /// <summary>
    /// Gets or sets the longest cooldown: a longer Retry-After is cut to it. A provider's clock or header may be wrong, and an hour without
    /// calls is worse than one refused call.
    /// </summary>
    /// <remarks>Jitter is added: up to 10 %.</remarks>
    /// <value>Default: 5 minutes. Range: 1 millisecond to 1 day.</value>
    public TimeSpan MaxCooldown { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A copy, which the builder of an endpoint changes without changing that of the model.</summary>
    internal ChatCircuitBreakerOptions Clone() => (ChatCircuitBreakerOptions)MemberwiseClone();

    /// <summary>
    /// "<paramref name="failures"/> failures within <paramref name="within"/>", exactly: no ratio, and no count that ignores the
    /// time between.
    /// </summary>
    /// <param name="failures">See <see cref="FailureThreshold"/>.</param>
    /// <param name="within">See <see cref="SamplingDuration"/>.</param>
    /// <param name="breakFor">
    /// See <see cref="BreakDuration"/>; raises <see cref="MaxBreakDuration"/> where that is shorter. Null leaves both.
    /// </param>
    internal void CountOnly(int failures, TimeSpan within, TimeSpan? breakFor)
    {
        FailureThreshold = failures;
        SamplingDuration = within;
        FailureRatio = 0;
        ConsecutiveFailures = null;
        if (breakFor is { } duration)
        {
            BreakDuration = duration;
            MaxBreakDuration = duration > MaxBreakDuration ? duration : MaxBreakDuration;
        }
    }
}
