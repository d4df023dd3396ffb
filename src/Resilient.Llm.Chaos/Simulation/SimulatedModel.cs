namespace Resilient.Llm.Chaos;

/// <summary>How fast a simulated provider answers, and how its calls fail when they do.</summary>
/// <remarks>
/// A call takes <see cref="Overhead"/>, <see cref="PerPromptToken"/> for each token of the question before the first of the answer (prefill), and <see cref="PerAnswerToken"/> for each token of the answer. The time to the first token and
/// the pace of the rest are each multiplied by a number drawn from a log-normal distribution with the median 1 and <see cref="Spread"/> as the standard deviation of its logarithm.
/// </remarks>
public sealed record SimulatedModel
{
    /// <summary>The provider's name: the <c>ModelId</c> of its answers.</summary>
    public required string Name { get; init; }

    /// <summary>The time that every answered call takes: network, queue. Range: zero and up.</summary>
    /// <value>Default: 200 milliseconds.</value>
    public TimeSpan Overhead { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The time to read one token of the question. Range: zero and up.</summary>
    /// <value>Default: 0.2 milliseconds.</value>
    public TimeSpan PerPromptToken { get; init; } = TimeSpan.FromMilliseconds(0.2);

    /// <summary>The time to write one token of the answer. Range: zero and up.</summary>
    /// <value>Default: 20 milliseconds.</value>
    public TimeSpan PerAnswerToken { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How far times differ from call to call. Range: zero (not at all) and up.</summary>
    /// <value>Default: 0.2: nineteen of twenty calls take from 0.67 to 1.48 times the median.</value>
    public double Spread { get; init; } = 0.2;

    /// <summary>The most updates of a stream: the first brings one token, the others the rest in equal parts, at the pace of the tokens. Range: 1 and up.</summary>
    /// <value>Default: 6, so that millions of streams are cheap.</value>
    public int Pieces { get; init; } = 6;

    /// <summary>Of the calls that fail, the part that fails at once, with status 503.</summary>
    /// <value>Default: 0.5. Range: 0 to 1, together with <see cref="HangingShare"/>.</value>
    public double RefusedShare { get; init; } = 0.5;

    /// <summary>Of the calls that fail, the part that hangs until it is cancelled. The rest breaks off in the middle: a stream after some of its text.</summary>
    /// <value>Default: 0.3. Range: 0 to 1, together with <see cref="RefusedShare"/>.</value>
    public double HangingShare { get; init; } = 0.3;

    /// <summary>How soon a call is refused. Range: zero and up.</summary>
    /// <value>Default: 50 milliseconds.</value>
    public TimeSpan RefusedAfter { get; init; } = TimeSpan.FromMilliseconds(50);

    internal void Validate()
    {
        if (Overhead < TimeSpan.Zero || PerPromptToken < TimeSpan.Zero || PerAnswerToken < TimeSpan.Zero || RefusedAfter < TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{nameof(SimulatedModel)} '{Name}': {nameof(Overhead)} is {Overhead}, {nameof(PerPromptToken)} {PerPromptToken}, {nameof(PerAnswerToken)} {PerAnswerToken}, "
                + $"{nameof(RefusedAfter)} {RefusedAfter}. Set each to zero or more.");
        }

        if (!double.IsFinite(Spread) || Spread < 0 || Pieces < 1)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(SimulatedModel)} '{Name}': {nameof(Spread)} is {Spread}, {nameof(Pieces)} {Pieces}. Set {nameof(Spread)} to zero or more, and {nameof(Pieces)} to one or more."));
        }

        if (!(RefusedShare >= 0 && HangingShare >= 0 && RefusedShare + HangingShare <= 1 + 1e-9))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(SimulatedModel)} '{Name}': {nameof(RefusedShare)} is {RefusedShare} and {nameof(HangingShare)} {HangingShare}. Both are parts of the failing calls: zero or more, and together at most one."));
        }
    }
}
