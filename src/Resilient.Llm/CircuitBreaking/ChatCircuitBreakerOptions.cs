namespace Resilient.Llm;

/// <summary>When a circuit opens, for how long, and what closes it again.</summary>
/// <remarks>
/// Read and validated once, when the circuit is built; later changes have no effect. Not thread-safe.
/// Durations are measured on the monotonic clock of the injected <see cref="TimeProvider"/>.
/// </remarks>
public sealed partial class ChatCircuitBreakerOptions
{
    /// <summary>Gets or sets the failures within <see cref="SamplingDuration"/> that open the circuit.</summary>
    /// <remarks><see cref="FailureRatio"/> must be reached too.</remarks>
    /// <value>Default: 5. Range: 1 to 10,000.</value>
    public int FailureThreshold { get; set; } = 5;

    /// <summary>Gets or sets the share of calls in the window that must fail to open the circuit. Zero leaves a pure count.</summary>
    /// <remarks>
    /// The count against <see cref="FailureThreshold"/> is exact. The ratio is taken over fiftieths of <see cref="SamplingDuration"/>: all
    /// of it and at most 2 % more. Neutral outcomes are left out.
    /// </remarks>
    /// <value>Default: 0.5. Range: 0 to 1.</value>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Gets or sets the time window in which failures and calls are counted, both ends included.</summary>
    /// <value>Default: 10 seconds. Range: 1 millisecond to 1 day.</value>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets how many failures in a row open the circuit, however far apart. One success resets the count.</summary>
    /// <remarks>For services with little traffic, where <see cref="SamplingDuration"/> never holds enough calls.</remarks>
    /// <value>Default: 10. Range: 1 and up; null or <see cref="int.MaxValue"/> switches it off.</value>
    public int? ConsecutiveFailures { get; set; } = 10;

    /// <summary>Gets or sets how long the circuit stays open before a probe is allowed. Doubles with each failed probe.</summary>
    /// <remarks>Jittered to 80 to 100 % of this, so that many instances do not probe at the same moment.</remarks>
    /// <value>Default: 15 seconds. Range: 1 millisecond to 1 day.</value>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Gets or sets the longest break. Also the cooldown when the quota is spent and the provider names no time.</summary>
    /// <value>Default: 2 minutes. Range: <see cref="BreakDuration"/> to 1 day.</value>
    public TimeSpan MaxBreakDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets or sets how many probes in a row must succeed to close a half-open circuit.</summary>
    /// <value>Default: 1. Range: 1 to 1,000.</value>
    public int SuccessesToClose { get; set; } = 1;

    /// <summary>Gets or sets how long a probe without content keeps other probes out. Each content renews the time.</summary>
    /// <remarks>
    /// A safety net for calls that nothing else ends: afterwards another probe may start, and the result of the first is dropped. Keep it
    /// above the calls' own time limits and the slowest plain answer, or probes replace each other before any can succeed.
    /// </remarks>
    /// <value>Default: 2 minutes. Range: 1 millisecond to 1 day.</value>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets or sets how long after its first content a streaming probe with further content counts as a success.</summary>
    /// <value>Default: 5 seconds. Range: zero (first content) to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/> (clean end only).</value>
    public TimeSpan ProbeSucceedsAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets after how long without content the caller's cancellation counts as a failure of a slow endpoint.</summary>
    /// <remarks>A cancellation that comes earlier, or after content, says nothing about the endpoint.</remarks>
    /// <value>Default: 10 seconds. Range: above zero to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/> (never).</value>
    public TimeSpan CancelledCallThreshold { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets how long a call may wait for its answer, or for a stream's first content other than reasoning, before it is slow.
    /// </summary>
    /// <remarks>
    /// <para>
    /// <see cref="FailureThreshold"/> slow calls within <see cref="SamplingDuration"/> open the circuit if they are
    /// <see cref="SlowCallRatio"/> of its calls; pending calls count as soon as they are slow. A slow call is not a failure, but a slow
    /// probe has failed. An endpoint that is open for slowness is still asked, last of all models, where no faster one is available.
    /// </para>
    /// <para>
    /// Off by default: times depend on the answer's length and on the question, so a bound that fits one application sends the healthy
    /// traffic of another to a cheaper model. Set it well above the slowest acceptable answer, plain or streamed.
    /// </para>
    /// <para>
    /// Where the model is hedged and nothing is set, the bound follows the endpoint: four times its usual time
    /// (<see cref="ChatHedgingOptions.Percentile"/> of its last 200 times), and at least four times the hedging delay
    /// (<see cref="ChatHedgingOptions.InitialDelay"/> where there is no <see cref="ChatHedgingOptions.Delay"/>). Plain calls and streams
    /// have separate bounds, and none until 20 answers of the kind are known. A call keeps the bound that held when it began; where the
    /// bound falls, a call is slow no sooner than older calls.
    /// </para>
    /// <para>
    /// Slow calls do not change the usual time, or a spike would become the norm. So a model that permanently becomes more than four times
    /// slower at once stays slow until a restart: single probes find it slow, and it is asked last. If that is the new normal, set a longer
    /// time or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </para>
    /// </remarks>
    /// <value>
    /// Default: null (off; four times the usual time where the model is hedged). Range: above zero to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> (no call is slow, hedged or not).
    /// </value>
    public TimeSpan? SlowCallDuration { get; set; }

    /// <summary>Gets or sets the share of slow calls needed to open the circuit for slowness.</summary>
    /// <remarks>Applies with <see cref="SlowCallDuration"/> or hedging. Pending calls that are not slow yet are left out.</remarks>
    /// <value>Default: 0.5. Range: above 0 to 1.</value>
    public double SlowCallRatio { get; set; } = 0.5;

    /// <summary>
    /// Gets or sets how many different requests an endpoint must refuse in a row (HTTP 400, 413, 422), with no answer between, to become
    /// suspect until its next answer.
    /// </summary>
    /// <remarks>
    /// <para>
    /// A refusal blames the request, and harms no circuit. But an endpoint behind a broken proxy, or of a closed account, refuses every
    /// request. A request that a suspect endpoint refuses is offered to one other endpoint, a sibling of the same model first, and paid
    /// from its budget of extra calls (<see cref="ChatRetryOptions.BudgetRatio"/>); if that one refuses too, the first refusal comes back as it
    /// came. The circuit opens when siblings have answered this many requests that were refused here. Where there is no sibling to ask, it
    /// opens when the endpoint also refuses a minimal question without user data, which is asked at most once in each
    /// <see cref="BreakDuration"/>. While a circuit is open for refusals, a refused trial has failed.
    /// </para>
    /// <para>
    /// Requests of a conversation that the provider keeps are offered to no other endpoint, and those without
    /// <see cref="ResilientChatOptions.AllowFallback"/> to no other model.
    /// </para>
    /// </remarks>
    /// <value>Default: 3. Range: 1 to 1,000; null switches it off.</value>
    public int? RefusalThreshold { get; set; } = 3;

    /// <summary>Gets or sets the longest cooldown; a longer Retry-After is cut to it.</summary>
    /// <remarks>A provider's clock may be wrong; an hour without calls is worse than a refusal. Jitter adds up to 10 %.</remarks>
    /// <value>Default: 5 minutes. Range: 1 millisecond to 1 day.</value>
    public TimeSpan MaxCooldown { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Copies the options, so that an endpoint's builder does not change those of the model.</summary>
    internal ChatCircuitBreakerOptions Clone() => (ChatCircuitBreakerOptions)MemberwiseClone();

    /// <summary>Counts failures within a time exactly: no ratio, no count in a row.</summary>
    /// <param name="failures">See <see cref="FailureThreshold"/>.</param>
    /// <param name="within">See <see cref="SamplingDuration"/>.</param>
    /// <param name="breakFor">See <see cref="BreakDuration"/>; raises <see cref="MaxBreakDuration"/> if needed. Null leaves both.</param>
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
