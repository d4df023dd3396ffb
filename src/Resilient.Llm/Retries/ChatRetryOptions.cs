namespace Resilient.Llm;

/// <summary>How often and how fast a failed call to one endpoint is retried before the ladder steps down.</summary>
public sealed class ChatRetryOptions
{
    // The limit for a provider's Retry-After; far longer times overflow timers.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Gets or sets the most retries of one request after its first attempt.</summary>
    /// <value>Default: 2. Range: 0 (none) to 10.</value>
    public int MaxRetries { get; set; } = 2;

    /// <summary>Gets or sets the backoff before the first retry. It doubles each time; each wait is a random part (full jitter).</summary>
    /// <value>Default: 500 milliseconds. Range: above zero, at most <see cref="MaxDelay"/>.</value>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets the longest backoff, before jitter.</summary>
    /// <value>Default: 8 seconds. Range: <see cref="BaseDelay"/> to one day.</value>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Gets or sets the longest Retry-After for which this endpoint is retried; beyond it the ladder steps down.</summary>
    /// <value>Default: 2 seconds. Range: zero to one day.</value>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets the share of extra calls that the endpoint may cause, of all its calls within 10 seconds.</summary>
    /// <remarks>
    /// Extra calls are retries, hedges of a slow endpoint, and second calls that continue a broken stream. Retries leave room for as many
    /// hedges as the last 10 seconds have seen. Also holds with <see cref="MaxRetries"/> = 0, for the hedges.
    /// </remarks>
    /// <value>Default: 0.1. Range: 0 to 1.</value>
    public double BudgetRatio { get; set; } = 0.1;

    /// <summary>Gets or sets the extra calls per 10 seconds that are always allowed, even with few calls.</summary>
    /// <value>Default: 10. Range: 0 and up.</value>
    public int BudgetFloor { get; set; } = 10;

    internal ChatRetryOptions Copy() => (ChatRetryOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        Require(MaxRetries is >= 0 and <= 10, nameof(MaxRetries), MaxRetries, "Set it from 0 to 10.");
        Require(BaseDelay > TimeSpan.Zero, nameof(BaseDelay), BaseDelay, "Set it above zero.");
        Require(
            MaxDelay >= BaseDelay && MaxDelay <= Longest, nameof(MaxDelay), MaxDelay,
            $"Set it to BaseDelay ({BaseDelay}) or more, and to at most {Longest}.");
        Require(
            MaxRetryAfter >= TimeSpan.Zero && MaxRetryAfter <= Longest, nameof(MaxRetryAfter), MaxRetryAfter,
            $"Set it to zero or more, and to at most {Longest}.");
        Require(BudgetRatio is >= 0 and <= 1, nameof(BudgetRatio), BudgetRatio, "Set it from 0 to 1.");
        Require(BudgetFloor >= 0, nameof(BudgetFloor), BudgetFloor, "Set it to 0 or more.");

        void Require<T>(bool holds, string name, T value, string fix)
        {
            if (!holds)
            {
                throw new ArgumentException(FormattableString.Invariant($"{owner}: {nameof(ChatRetryOptions)}.{name} is {value}. {fix}"));
            }
        }
    }
}
