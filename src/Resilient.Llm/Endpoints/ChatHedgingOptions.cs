namespace Resilient.Llm;

/// <summary>When a question that a model is slow to answer is also sent to the next step.</summary>
/// <remarks>
/// The delay counts from the call to the first content of a stream, or to the answer of a plain call. A hedge is taken from the slow
/// endpoint's budget (<see cref="ChatRetryOptions.BudgetRatio"/>), so that a slow provider does not double the traffic of the others.
/// <para>
/// The budget cannot hedge every call. So a hedged model's circuit also opens for slowness: if too many calls take more than four times
/// this endpoint's usual time, and more than four times the delay. See <see cref="ChatCircuitBreakerOptions.SlowCallDuration"/>, which sets
/// another bound or none. The usual time is taken from calls that were not slow: a model that becomes permanently more than four times
/// slower stays slow until that option says otherwise.
/// </para>
/// </remarks>
public sealed class ChatHedgingOptions
{
    /// <summary>Gets or sets the wait before the next step is called too.</summary>
    /// <value>
    /// Default: null, from <see cref="Percentile"/>. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>: this model is not
    /// hedged.
    /// </value>
    public TimeSpan? Delay { get; set; }

    /// <summary>
    /// Gets or sets the percentile of recent times that is called usual: the wait if <see cref="Delay"/> is null, and a quarter of the
    /// bound for slow calls. Plain calls and streams are measured separately.
    /// </summary>
    /// <value>Default: 0.95. Range: 0.5 to 0.999.</value>
    public double Percentile { get; set; } = 0.95;

    /// <summary>Gets or sets the lower limit of the wait from <see cref="Percentile"/>.</summary>
    /// <value>Default: 100 milliseconds. Range: above zero.</value>
    public TimeSpan MinimumDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets the wait while fewer than 20 times are known, too few for a percentile.</summary>
    /// <value>Default: 2 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>: no hedge until then.</value>
    public TimeSpan InitialDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The wait in the options; null if it is infinite.</summary>
    internal TimeSpan? StatedDelay => (Delay ?? InitialDelay) is var delay && delay == Timeout.InfiniteTimeSpan ? null : delay;

    internal void Validate(string owner)
    {
        Require(Delay, nameof(Delay), mayBeInfinite: true, owner);
        Require(MinimumDelay, nameof(MinimumDelay), mayBeInfinite: false, owner);
        Require(InitialDelay, nameof(InitialDelay), mayBeInfinite: true, owner);
        if (Percentile is not (>= 0.5 and <= 0.999))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{owner}: {nameof(ChatHedgingOptions)}.{nameof(Percentile)} is {Percentile}. ")
                + "Set it from 0.5 to 0.999, for example 0.95.");
        }
    }

    private static void Require(TimeSpan? value, string name, bool mayBeInfinite, string owner)
    {
        if (value is { } time && time <= TimeSpan.Zero && !(mayBeInfinite && time == Timeout.InfiniteTimeSpan))
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatHedgingOptions)}.{name} is {time}. "
                + $"Set it above zero{(mayBeInfinite ? ", or to Timeout.InfiniteTimeSpan for no hedge" : "")}.");
        }
    }
}
