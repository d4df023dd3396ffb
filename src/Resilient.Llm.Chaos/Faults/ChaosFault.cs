namespace Resilient.Llm.Chaos;

/// <summary>What is done to a call.</summary>
/// <remarks>Immutable.</remarks>
public sealed record ChaosFault
{
    /// <summary>Creates a fault with its defaults.</summary>
    /// <param name="kind">What goes wrong.</param>
    public ChaosFault(ChaosFaultKind kind) => Kind = kind;

    /// <summary>What goes wrong.</summary>
    public ChaosFaultKind Kind { get; }

    /// <summary>
    /// How late: for <see cref="ChaosFaultKind.Latency"/> and <see cref="ChaosFaultKind.SlowStream"/> what is added; for every other fault, how long the provider took to fail. Drawn once for each call.
    /// </summary>
    /// <value>Default: null, none. Needed by the first two.</value>
    public ChaosLatency? Latency { get; init; }

    /// <summary>What a <see cref="ChaosFaultKind.RateLimited"/> provider says about when to come back.</summary>
    /// <value>Default: null, nothing.</value>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How many contents of a stream the caller gets before it goes wrong: updates with text, data or a tool call. An answer that has fewer goes wrong at its end.</summary>
    /// <value>Default: 1. Range: zero or more; with zero the provider is not even asked.</value>
    public int AfterContents { get; init; } = 1;

    /// <summary>The call takes longer.</summary>
    /// <param name="by">By how much.</param>
    public static ChaosFault SlowedBy(TimeSpan by) => SlowedBy(ChaosLatency.Fixed(by));

    /// <inheritdoc cref="SlowedBy(TimeSpan)"/>
    public static ChaosFault SlowedBy(ChaosLatency by) =>
        new(ChaosFaultKind.Latency) { Latency = by ?? throw new ArgumentNullException(nameof(by)) };

    /// <summary>The provider refuses with 429.</summary>
    /// <param name="retryAfter">When to come back; null: it does not say.</param>
    public static ChaosFault RateLimited(TimeSpan? retryAfter = null) => new(ChaosFaultKind.RateLimited) { RetryAfter = retryAfter };

    /// <summary>A stream breaks.</summary>
    /// <param name="contents">After so many contents.</param>
    public static ChaosFault CutAfter(int contents) => new(ChaosFaultKind.CutStream) { AfterContents = contents };
}
