namespace Resilient.Llm;

/// <summary>When a circuit opens, for how long, and what closes it again.</summary>
/// <remarks>
/// Read and validated once, when the circuit is built: later changes have no effect. Not thread-safe while it is being changed.
/// Every duration is measured on the monotonic clock of the injected <see cref="TimeProvider"/>.
/// </remarks>
public sealed partial class ChatCircuitBreakerOptions
{
    /// <summary>
    /// How many failures within <see cref="SamplingDuration"/> open the circuit, given that <see cref="FailureRatio"/> is reached too.
    /// </summary>
    /// <value>Default: 5. Range: 1 to 10,000.</value>
    public int FailureThreshold { get; set; } = 5;

    /// <summary>
    /// Which part of the calls within <see cref="SamplingDuration"/> must have failed for the circuit to open. Zero makes it a pure
    /// count.
    /// </summary>
    /// <remarks>
    /// The count of failures against <see cref="FailureThreshold"/> is exact. The ratio is taken over fiftieths of <see
    /// cref="SamplingDuration"/>,
    /// so it covers the whole of it and at most 2 % more. Neutral outcomes are no part of it.
    /// </remarks>
    /// <value>Default: 0.5. Range: 0 to 1.</value>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>How far back failures and calls are counted, both ends included.</summary>
    /// <value>Default: 10 seconds. Range: 1 millisecond to 1 day.</value>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many failures in a row open the circuit, whatever the time between them: for quiet services, where <see
    /// cref="SamplingDuration"/>
    /// never holds enough calls. One success starts the count anew.
    /// </summary>
    /// <value>Default: 10. Range: 1 and up; null or <see cref="int.MaxValue"/> switches it off.</value>
    public int? ConsecutiveFailures { get; set; } = 10;

    /// <summary>
    /// How long the circuit stays open before a probe may find out whether the endpoint is back. Doubles at each failed probe.
    /// </summary>
    /// <remarks>Jittered: a break lasts 80 to 100 % of this, so that a fleet does not come back at one moment.</remarks>
    /// <value>Default: 15 seconds. Range: 1 millisecond to 1 day.</value>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The longest that doubling may make a break. Also how long the rate-limit gate closes when the provider said that the quota is spent
    /// without saying for how long.
    /// </summary>
    /// <value>Default: 2 minutes. Range: <see cref="BreakDuration"/> to 1 day.</value>
    public TimeSpan MaxBreakDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How many probes must succeed, one after the other, to close a half-open circuit.</summary>
    /// <value>Default: 1. Range: 1 to 1,000.</value>
    public int SuccessesToClose { get; set; } = 1;

    /// <summary>
    /// How long a probe may keep others from probing without showing content. Then another probe may start, and what the first one
    /// still reports is dropped. Every content renews it.
    /// </summary>
    /// <remarks>
    /// A safety net for calls that nothing else ends: keep it above the time limits of the calls themselves and above the slowest plain
    /// answer, or probes replace each other before any of them can succeed.
    /// </remarks>
    /// <value>Default: 2 minutes. Range: 1 millisecond to 1 day.</value>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long after its first content a streaming probe that still shows content counts as a success, without waiting for its end.
    /// </summary>
    /// <value>
    /// Default: 5 seconds. Range: zero (the first content suffices) to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>: only a clean end
    /// counts.
    /// </value>
    public TimeSpan ProbeSucceedsAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After how long without any content a call that its caller cancels counts as a failure: the caller gave up on a slow endpoint.
    /// Sooner than that, or once content has come, a cancellation says nothing about the endpoint.
    /// </summary>
    /// <value>
    /// Default: 10 seconds. Range: above zero to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>: a cancellation never counts.
    /// </value>
    public TimeSpan CancelledCallThreshold { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After how long without first content (of a stream; reasoning is none) or without the answer (of a plain call) a call counts as slow. Enough slow calls open
    /// the circuit, also while they are still pending; a probe that is slow has failed.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Off by default: the time of a plain answer depends on its length, and that of a thinking model on the question. A bound that fits the
    /// one application sends the healthy traffic of another to a cheaper model. Set it well above the slowest answer that is still in order; it holds for plain calls and streams alike.
    /// </para>
    /// <para>
    /// Where the model is hedged and nothing is set, the bound follows the endpoint: four times what it usually takes (<see cref="ChatHedgingOptions.Percentile"/> of its last 200 times), and
    /// at least four times the hedging delay (<see cref="ChatHedgingOptions.InitialDelay"/> where there is no <see cref="ChatHedgingOptions.Delay"/>). Plain calls and streams have bounds of their
    /// own, and none until 20 answers of the kind are known. A call keeps the bound of its beginning; where the bound falls, calls behind older ones are slow no sooner than those.
    /// </para>
    /// <para>
    /// Slow calls are no part of what is usual, or a spike would soon be the norm. So a model that becomes more than four times slower at once, and for good, is slow until
    /// the application is started anew: single probes find it slow, and it is asked last. If that is the new normal, set this to a time above it, or to <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </para>
    /// <para>
    /// Slow calls open the circuit when <see cref="FailureThreshold"/> of them are within <see cref="SamplingDuration"/> and make up <see cref="SlowCallRatio"/> of its calls.
    /// A slow call is no failure, and an endpoint whose circuit is open for slowness is still asked, last of all models, where no faster one is there.
    /// </para>
    /// </remarks>
    /// <value>
    /// Default: null: off, or where the model is hedged four times what it usually takes. Range: above zero to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>: no call is slow, also where hedging would set a bound.
    /// </value>
    public TimeSpan? SlowCallDuration { get; set; }

    /// <summary>Which part of the calls within <see cref="SamplingDuration"/> must be slow for the circuit to open for slowness.</summary>
    /// <remarks>Has a meaning only with <see cref="SlowCallDuration"/> or hedging. Calls that are pending and not slow yet are no part of it.</remarks>
    /// <value>Default: 0.5. Range: above 0 to 1.</value>
    public double SlowCallRatio { get; set; } = 0.5;

    /// <summary>
    /// The longest that a Retry-After is believed: a provider's clock or header may be wrong, and an hour of silence is worse than one
    /// refused call.
    /// </summary>
    /// <remarks>Jitter comes on top: up to 10 %, never less than was asked for.</remarks>
    /// <value>Default: 5 minutes. Range: 1 millisecond to 1 day.</value>
    public TimeSpan MaxCooldown { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A copy, for the builder below to change without changing the one above.</summary>
    internal ChatCircuitBreakerOptions Clone() => (ChatCircuitBreakerOptions)MemberwiseClone();

    /// <summary>
    /// "<paramref name="failures"/> failures within <paramref name="within"/>", to the letter: no ratio, and no count that ignores the
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
