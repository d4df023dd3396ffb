namespace Resilient.Llm;

/// <summary>When a question that a model is slow to answer is put to the next candidate as well.</summary>
/// <remarks>
/// The delay counts from the call to the first content of a stream, or to the answer of a plain call. A hedge is an extra call: it is taken
/// out of the slow endpoint's budget (<see cref="ChatRetryOptions.BudgetRatio"/>), so that a slow provider does not double the traffic of
/// every other one.
/// <para>
/// The budget cannot hedge every call. So a hedged model's circuit also opens for slowness, when too many calls take more than four times
/// what is usual with this endpoint, and more than four times the delay; see <see cref="ChatCircuitBreakerOptions.SlowCallDuration"/>,
/// which sets another bound or none. What is usual is told by the calls that were not slow: a model that becomes more than four times
/// slower for good is slow until that option says otherwise.
/// </para>
/// </remarks>
public sealed class ChatHedgingOptions
{
    /// <summary>Gets or sets the wait before the next candidate is asked too.</summary>
    /// <value>
    /// Default: null, from <see cref="Percentile"/>. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>: this model is not
    /// hedged.
    /// </value>
    public TimeSpan? Delay { get; set; }

    /// <summary>
    /// Gets or sets the percentile of the endpoint's recent times that is called usual: the wait where <see cref="Delay"/> is null, and a
    /// quarter of what is slow. Plain calls and streams are measured apart.
    /// </summary>
    /// <value>Default: 0.95. Range: 0.5 to 0.999.</value>
    public double Percentile { get; set; } = 0.95;

    /// <summary>Gets or sets the shortest wait that <see cref="Percentile"/> may come to.</summary>
    /// <value>Default: 100 milliseconds. Range: above zero.</value>
    public TimeSpan MinimumDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets the wait as long as too few times (fewer than 20) are known to speak of a percentile.</summary>
    /// <value>Default: 2 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>: no hedge until then.</value>
    public TimeSpan InitialDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The wait that stands in the options; null where that is for ever.</summary>
    internal TimeSpan? StatedDelay => (Delay ?? InitialDelay) is var delay && delay == Timeout.InfiniteTimeSpan ? null : delay;

    internal void Validate(string owner)
    {
        Require(Delay, nameof(Delay), mayBeInfinite: true, owner);
        Require(MinimumDelay, nameof(MinimumDelay), mayBeInfinite: false, owner);
        Require(InitialDelay, nameof(InitialDelay), mayBeInfinite: true, owner);
        if (Percentile is not (>= 0.5 and <= 0.999))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{owner}: {nameof(ChatHedgingOptions)}.{nameof(Percentile)} is {Percentile}. Set it from 0.5 to 0.999, for example 0.95."));
        }
    }

    private static void Require(TimeSpan? value, string name, bool mayBeInfinite, string owner)
    {
        if (value is { } time && time <= TimeSpan.Zero && !(mayBeInfinite && time == Timeout.InfiniteTimeSpan))
        {
            throw new ArgumentException($"{owner}: {nameof(ChatHedgingOptions)}.{name} is {time}. Set it above zero{(mayBeInfinite ? ", or to Timeout.InfiniteTimeSpan for no hedge" : "")}.");
        }
    }
}
