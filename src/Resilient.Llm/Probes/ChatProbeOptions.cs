namespace Resilient.Llm;

/// <summary>The cost of active probes, and which endpoints they may ask.</summary>
/// <remarks>Not thread-safe; copied when the ladder is built.</remarks>
public sealed class ChatProbeOptions
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>Gets or sets how often the endpoints are checked for due probes.</summary>
    /// <remarks>
    /// A check costs nothing. It finds idle endpoints and probes that could not be made when they were due; the end of a circuit's break
    /// starts its probe at once. Jittered, so that instances do not probe together: the first check comes after zero to one interval, each
    /// further one after half to one and a half. Breaks have their own jitter (<see cref="ChatCircuitBreakerOptions.BreakDuration"/>).
    /// </remarks>
    /// <value>Default: 30 seconds. Range: 1 second to 1 day.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets whether endpoints without requests are probed as well.</summary>
    /// <remarks>
    /// Detects a dead fallback endpoint before it is needed, in the log and the metric <c>resilient_llm.probes</c>. Failures count for the
    /// circuit, but so rarely that they open it only through <see cref="ChatCircuitBreakerOptions.ConsecutiveFailures"/>. Off by default
    /// because it costs money while nothing happens.
    /// </remarks>
    /// <value>Default: false.</value>
    public bool ProbeIdleEndpoints { get; set; }

    /// <summary>Gets or sets after how long without request or probe an endpoint is idle. The next check probes it.</summary>
    /// <value>Default: 5 minutes. Range: 1 second to 1 day.</value>
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets the most probes in any 60 seconds, over all endpoints of the ladder.</summary>
    /// <remarks>Probes of idle endpoints may use half, rounded up. When all are spent, requests try endpoints after their breaks.</remarks>
    /// <value>Default: 10. Range: 1 to 1,000.</value>
    public int MaxProbesPerMinute { get; set; } = 10;

    /// <summary>Gets or sets the longest time of a whole probe. One that takes longer has failed.</summary>
    /// <value>Default: 10 seconds. Range: above zero to 10 minutes.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the question of a probe. It never contains user data.</summary>
    /// <value>Default: "ping". Not blank.</value>
    public string Prompt { get; set; } = "ping";

    /// <summary>Gets or sets the most tokens of the answer. Some models refuse very small numbers.</summary>
    /// <value>Default: 16, the minimum of OpenAI's Responses API. Null: not sent, for models that refuse it. Range: 1 and up.</value>
    /// <remarks>A model that spends all of them on reasoning has answered.</remarks>
    public int? MaxOutputTokens { get; set; } = 16;

    /// <summary>Gets or sets whether probes are streams. False for clients that cannot stream: probes would keep circuits open.</summary>
    /// <remarks>The first content does not depend on the answer's length, so the bound for slow calls fits probes too.</remarks>
    /// <value>Default: true.</value>
    public bool UseStreaming { get; set; } = true;

    /// <summary>Gets or sets where probes may go, in addition to the ladder's policy (<c>WithResidency</c>).</summary>
    /// <remarks>Both bind probes. An endpoint with an undeclared geography is probed only where neither restricts it.</remarks>
    /// <value>Default: <see cref="DataResidency.Anywhere"/>.</value>
    public DataResidency Residency { get; set; } = DataResidency.Anywhere;

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate()
    {
        Require(Interval >= TimeSpan.FromSeconds(1) && Interval <= s_longest, nameof(Interval), Interval, "from 1 second to 1 day");
        Require(
            IdleAfter >= TimeSpan.FromSeconds(1) && IdleAfter <= s_longest,
            nameof(IdleAfter),
            IdleAfter,
            "from 1 second to 1 day, or leave ProbeIdleEndpoints false for no such probes");
        Require(
            MaxProbesPerMinute is >= 1 and <= 1_000,
            nameof(MaxProbesPerMinute),
            MaxProbesPerMinute,
            "from 1 to 1000, or leave WithActiveProbes out for none");
        Require(
            Timeout > TimeSpan.Zero && Timeout <= TimeSpan.FromMinutes(10),
            nameof(Timeout),
            Timeout,
            "above zero and to at most 10 minutes");
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
