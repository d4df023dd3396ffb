namespace Resilient.Llm.Chaos;

/// <summary>A fault that is injected into a call.</summary>
/// <remarks>Immutable.</remarks>
public sealed record ChaosFault
{
    /// <summary>Creates a fault with its defaults.</summary>
    /// <param name="kind">The kind of fault.</param>
    public ChaosFault(ChaosFaultKind kind) => Kind = kind;

    /// <summary>Gets the kind of fault.</summary>
    public ChaosFaultKind Kind { get; }

    /// <summary>
    /// Gets the delay, drawn once per call: added by <see cref="ChaosFaultKind.Latency"/> and <see cref="ChaosFaultKind.SlowStream"/>; for
    /// other faults, the time until the failure.
    /// </summary>
    /// <value>Default: null, none. Required for <see cref="ChaosFaultKind.Latency"/> and <see cref="ChaosFaultKind.SlowStream"/>.</value>
    public ChaosLatency? Latency { get; init; }

    /// <summary>Gets the retry delay that a <see cref="ChaosFaultKind.RateLimited"/> provider reports.</summary>
    /// <value>Default: null, none.</value>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// Gets how many content updates (text, data, tool calls) precede a stream's failure. A shorter answer fails at its end.
    /// </summary>
    /// <value>Default: 1. Range: zero or more. With zero, the provider is not called.</value>
    public int AfterContents { get; init; } = 1;

    /// <summary>Creates a fault that delays calls.</summary>
    /// <param name="by">The delay.</param>
    public static ChaosFault SlowedBy(TimeSpan by) => SlowedBy(ChaosLatency.Fixed(by));

    /// <inheritdoc cref="SlowedBy(TimeSpan)"/>
    public static ChaosFault SlowedBy(ChaosLatency by) =>
        new(ChaosFaultKind.Latency) { Latency = by ?? throw new ArgumentNullException(nameof(by)) };

    /// <summary>Creates a fault in which the provider refuses with status 429.</summary>
    /// <param name="retryAfter">The reported retry delay; null for none.</param>
    public static ChaosFault RateLimited(TimeSpan? retryAfter = null) => new(ChaosFaultKind.RateLimited) { RetryAfter = retryAfter };

    /// <summary>Creates a fault that breaks a stream.</summary>
    /// <param name="contents">How many content updates arrive before the break.</param>
    public static ChaosFault CutAfter(int contents) => new(ChaosFaultKind.CutStream) { AfterContents = contents };
}
