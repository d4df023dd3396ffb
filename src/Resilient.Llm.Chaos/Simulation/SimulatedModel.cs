using System.Globalization;

namespace Resilient.Llm.Chaos;

/// <summary>The speed of a simulated provider, and how its calls fail.</summary>
/// <remarks>
/// A call takes <see cref="Overhead"/>, <see cref="PerPromptToken"/> for each token of the question (prefill), and <see
/// cref="PerAnswerToken"/> for each token of the answer. The time to the first token and the pace of the rest are each multiplied by a
/// log-normal factor with median 1 and <see cref="Spread"/> as the standard deviation of its logarithm.
/// </remarks>
public sealed record SimulatedModel
{
    /// <summary>Gets the provider's name, the <c>ModelId</c> of its answers.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the fixed latency of every answered call. Range: zero and up.</summary>
    /// <value>Default: 200 milliseconds.</value>
    public TimeSpan Overhead { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Gets the time to read one token of the question. Range: zero and up.</summary>
    /// <value>Default: 0.2 milliseconds.</value>
    public TimeSpan PerPromptToken { get; init; } = TimeSpan.FromMilliseconds(0.2);

    /// <summary>Gets the time to write one token of the answer. Range: zero and up.</summary>
    /// <value>Default: 20 milliseconds.</value>
    public TimeSpan PerAnswerToken { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Gets the variation of times between calls. Range: zero (none) and up.</summary>
    /// <value>Default: 0.2: 19 of 20 calls take 0.67 to 1.48 times the median.</value>
    public double Spread { get; init; } = 0.2;

    /// <summary>Gets the maximum updates per stream: first one token, then equal parts of the rest. Range: 1 and up.</summary>
    /// <value>Default: 6, which keeps millions of streams cheap.</value>
    public int Pieces { get; init; } = 6;

    /// <summary>Gets the share of failing calls that fail at once, with status 503.</summary>
    /// <value>Default: 0.5. Range: 0 to 1, together with <see cref="HangingShare"/>.</value>
    public double RefusedShare { get; init; } = 0.5;

    /// <summary>Gets the share of failing calls that hang until cancelled. The rest breaks: a stream after some text.</summary>
    /// <value>Default: 0.3. Range: 0 to 1, together with <see cref="RefusedShare"/>.</value>
    public double HangingShare { get; init; } = 0.3;

    /// <summary>Gets the time until a call is refused. Range: zero and up.</summary>
    /// <value>Default: 50 milliseconds.</value>
    public TimeSpan RefusedAfter { get; init; } = TimeSpan.FromMilliseconds(50);

    internal void Validate()
    {
        if (Overhead < TimeSpan.Zero || PerPromptToken < TimeSpan.Zero || PerAnswerToken < TimeSpan.Zero || RefusedAfter < TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{nameof(SimulatedModel)} '{Name}': {nameof(Overhead)} is {Overhead}, {nameof(PerPromptToken)} {PerPromptToken}, "
                + $"{nameof(PerAnswerToken)} {PerAnswerToken}, {nameof(RefusedAfter)} {RefusedAfter}. Set each to zero or more.");
        }

        if (!double.IsFinite(Spread) || Spread < 0 || Pieces < 1)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(SimulatedModel)} '{Name}': {nameof(Spread)} is {Spread}, {nameof(Pieces)} {Pieces}. "
                + $"Set {nameof(Spread)} to zero or more, and {nameof(Pieces)} to one or more."));
        }

        if (!(RefusedShare >= 0 && HangingShare >= 0 && RefusedShare + HangingShare <= 1 + 1e-9))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(SimulatedModel)} '{Name}': {nameof(RefusedShare)} is {RefusedShare} and {nameof(HangingShare)} {HangingShare}. "
                + $"Both are parts of the failing calls: zero or more, and together at most one."));
        }
    }
}
