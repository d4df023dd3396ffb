using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>
/// How much traffic one endpoint may get from us, so that we stay below the provider's own limits instead of running into them.
/// </summary>
/// <remarks>
/// Every limit that is not null applies; without any the decorator lets everything pass. The limits bind this process alone:
/// divide the provider's limits by the number of instances. Not thread-safe; read once, when the client is built.
/// </remarks>
public sealed class ChatRateLimitOptions
{
    /// <summary>
    /// The most output tokens that a request without <see cref="ChatOptions.MaxOutputTokens"/> is taken to need, as long as its true usage
    /// is unknown.
    /// </summary>
    public const int AssumedOutputTokens = 1_000;

    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Gets or sets the most calls in progress at a time. A stream is in progress until it ends or is disposed.</summary>
    /// <value>Default: null, no limit. Range: 1 and up.</value>
    public int? MaxConcurrentCalls { get; set; }

    /// <summary>Gets or sets the calls per minute.</summary>
    /// <value>Default: null, no limit. Range: 1 and up.</value>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Gets or sets the tokens per minute, input and output together.</summary>
    /// <value>Default: null, no limit. Range: 1 and up.</value>
    /// <remarks>
    /// A call is charged with its estimate (<see cref="EstimateTokens"/>) when it starts, and with the difference to its reported usage
    /// when it ends. Where none is reported (failures, abandoned streams) the estimate stands. An estimate above what may pass at once
    /// (<see cref="Burst"/>) waits for a full allowance and then leaves a debt, of ten minutes (or ten bursts) at most.
    /// </remarks>
    public int? TokensPerMinute { get; set; }

    /// <summary>
    /// Gets or sets the function that estimates the tokens of a request before it is sent: its input and the most it may put out.
    /// </summary>
    /// <value>
    /// Default: null: a quarter of the characters of messages and instructions, plus <see cref="ChatOptions.MaxOutputTokens"/> or
    /// <see cref="AssumedOutputTokens"/>. Images and other data count nothing there. Range of the result: 0 and up; what is below zero
    /// counts as zero.
    /// </value>
    /// <remarks>Called only with <see cref="TokensPerMinute"/>, from several threads at once. What it throws, the caller gets.</remarks>
    public Func<IReadOnlyList<ChatMessage>, ChatOptions?, int>? EstimateTokens { get; set; }

    /// <summary>
    /// Gets or sets how much of the per-minute limits may be used at once after a quiet time, expressed in time: 10 s of 60 requests per
    /// minute are 10 requests.
    /// </summary>
    /// <value>
    /// Default: 1 minute: the whole limit at once, then evenly, as providers do that refill continuously. Take 1 to 10 s for providers that
    /// measure the limit over such short windows. Range: above zero to 1 hour; one request may always pass.
    /// </value>
    public TimeSpan Burst { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Gets or sets how long a call may wait for its turn, first come, first served. It never waits past the deadline of its attempt.
    /// </summary>
    /// <value>
    /// Default: zero: a call that would have to wait is refused at once, so that the next rung answers. Range: 0 to 1 hour.
    /// A call whose turn is sure to come too late is refused at once, whatever this says.
    /// </value>
    public TimeSpan MaxWait { get; set; }

    internal bool HasLimits => MaxConcurrentCalls is not null || RequestsPerMinute is not null || TokensPerMinute is not null;

    internal ChatRateLimitOptions Copy() => (ChatRateLimitOptions)MemberwiseClone();

    /// <summary>Refuses values that make no sense.</summary>
    /// <param name="owner">The model or endpoint, for the message; null for a decorator that stands alone.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate(string? owner = null)
    {
        var name = owner is null ? nameof(ChatRateLimitOptions) : $"{owner}: {nameof(ChatRateLimitOptions)}";
        RequirePositive(MaxConcurrentCalls, $"{name}.{nameof(MaxConcurrentCalls)}");
        RequirePositive(RequestsPerMinute, $"{name}.{nameof(RequestsPerMinute)}");
        RequirePositive(TokensPerMinute, $"{name}.{nameof(TokensPerMinute)}");
        if (Burst <= TimeSpan.Zero || Burst > Longest)
        {
            throw new ArgumentException(
                $"{name}.{nameof(Burst)} is {Burst}; it must be above zero and at most {Longest}. " +
                "Leave it at its default of one minute unless the provider measures its limits over a shorter time.");
        }

        if (MaxWait < TimeSpan.Zero || MaxWait > Longest)
        {
            throw new ArgumentException(
                $"{name}.{nameof(MaxWait)} is {MaxWait}; it must be between zero and {Longest}. Use TimeSpan.Zero to refuse at once.");
        }

        if (MaxWait > TimeSpan.Zero && !HasLimits)
        {
            throw new ArgumentException(
                $"{name}.{nameof(MaxWait)} is {MaxWait}, but no limit is set, so nothing ever waits. " +
                $"Set {nameof(MaxConcurrentCalls)}, {nameof(RequestsPerMinute)} or {nameof(TokensPerMinute)}, "
                + $"or leave {nameof(MaxWait)} at zero.");
        }
    }

    private static void RequirePositive(int? value, string name)
    {
        if (value < 1)
        {
            throw new ArgumentException($"{name} is {value}; it must be at least 1. Use null for no limit.");
        }
    }
}
