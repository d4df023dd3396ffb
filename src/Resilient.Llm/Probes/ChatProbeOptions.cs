namespace Resilient.Llm;

/// <summary>What active probes may cost, and which endpoints they may ask.</summary>
/// <remarks>Not thread-safe; copied when the ladder is built.</remarks>
public sealed class ChatProbeOptions
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>
    /// Gets or sets how often the endpoints are looked at. A look is no probe and costs nothing; it finds endpoints that have been idle,
    /// and those whose probe could not be made when it was due. The end of a circuit's break is not waited for in this way: it brings its
    /// probe at once.
    /// </summary>
    /// <remarks>
    /// Jittered: the first look comes after a time drawn evenly from zero to this, each further one from half to one and a half times this.
    /// So instances that are started together do not ask together. The breaks of circuits have their own jitter
    /// (<see cref="ChatCircuitBreakerOptions.BreakDuration"/>).
    /// </remarks>
    /// <value>Default: 30 seconds. Range: 1 second to 1 day.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets whether endpoints that get no requests are probed as well.</summary>
    /// <remarks>
    /// A fallback endpoint that has not been called for hours may be dead: a probe says so in the log and the metric
    /// <c>resilient_llm.probes</c> before it is needed. Its failures count for its circuit like any other, but so seldom that they open it
    /// only as <see cref="ChatCircuitBreakerOptions.ConsecutiveFailures"/>. Off by default because it costs money for as long as nothing
    /// happens.
    /// </remarks>
    /// <value>Default: false.</value>
    public bool ProbeIdleEndpoints { get; set; }

    /// <summary>
    /// Gets or sets how long an endpoint must have had neither request nor probe to count as idle. It is probed at the first look after
    /// that.
    /// </summary>
    /// <value>Default: 5 minutes. Range: 1 second to 1 day.</value>
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets or sets the most probes in any 60 seconds, over all endpoints of the ladder. Probes of idle endpoints may use half of them,
    /// rounded up. When they are spent, endpoints whose breaks are over are tried by requests, as without probes.
    /// </summary>
    /// <value>Default: 10. Range: 1 to 1,000.</value>
    public int MaxProbesPerMinute { get; set; } = 10;

    /// <summary>Gets or sets how long a probe may take, to its end. One that takes longer has failed.</summary>
    /// <value>Default: 10 seconds. Range: above zero to 10 minutes.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets what is asked. Never anything of a user's.</summary>
    /// <value>Default: "ping". Not blank.</value>
    public string Prompt { get; set; } = "ping";

    /// <summary>
    /// Gets or sets the most tokens of the answer. Some models refuse very small numbers; one that spends all of them on thoughts has
    /// answered.
    /// </summary>
    /// <value>
    /// Default: 16, the least that OpenAI's Responses API takes. Null: not said, for models that refuse to be told. Range: 1 and up.
    /// </value>
    public int? MaxOutputTokens { get; set; } = 16;

    /// <summary>
    /// Gets or sets whether probes are streams. The time to the first content says how an endpoint is whatever the length of answers, and a
    /// bound for slow calls of a plain call's kind would have to fit both a word and an essay. Set it to false where a client cannot
    /// stream: there every probe would fail and keep the circuit open.
    /// </summary>
    /// <value>Default: true.</value>
    public bool UseStreaming { get; set; } = true;

    /// <summary>
    /// Gets or sets where probes may go, on top of the ladder's policy (<c>WithResidency</c>), which binds them as it binds requests. An
    /// endpoint whose geography is undeclared is probed only where neither binds.
    /// </summary>
    /// <value>Default: <see cref="DataResidency.Anywhere"/>.</value>
    public DataResidency Residency { get; set; } = DataResidency.Anywhere;

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate()
    {
        Require(Interval >= TimeSpan.FromSeconds(1) && Interval <= s_longest, nameof(Interval), Interval, "from 1 second to 1 day");
        Require(IdleAfter >= TimeSpan.FromSeconds(1) && IdleAfter <= s_longest, nameof(IdleAfter), IdleAfter, "from 1 second to 1 day, or leave ProbeIdleEndpoints false for no such probes");
        Require(MaxProbesPerMinute is >= 1 and <= 1_000, nameof(MaxProbesPerMinute), MaxProbesPerMinute, "from 1 to 1000, or leave WithActiveProbes out for none");
        Require(Timeout > TimeSpan.Zero && Timeout <= TimeSpan.FromMinutes(10), nameof(Timeout), Timeout, "above zero and to at most 10 minutes");
        Require(!string.IsNullOrWhiteSpace(Prompt), nameof(Prompt), "blank", "to a word or two, for example \"ping\"");
        Require(MaxOutputTokens is null or >= 1, nameof(MaxOutputTokens), MaxOutputTokens, "to 1 or more, or to null to leave it unsaid");
        ArgumentNullException.ThrowIfNull(Residency);
    }

    private static void Require(bool holds, string name, object? value, string fix)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(ChatProbeOptions)}.{name} is {value}. Set it {fix}."));
        }
    }
}
