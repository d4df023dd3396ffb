using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>Limits the traffic to one endpoint, to stay below the provider's own limits.</summary>
/// <remarks>
/// Every limit that is not null applies. The limits bind this process alone: divide the provider's limits by the number of instances.
/// Not thread-safe; read once, when the client is built.
/// </remarks>
public sealed class ChatRateLimitOptions
{
    /// <summary>Estimated output tokens of a request without <see cref="ChatOptions.MaxOutputTokens"/>, until its usage is known.</summary>
    public const int AssumedOutputTokens = 1_000;

    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Gets or sets the most concurrent calls. A stream counts until it ends or is disposed.</summary>
    /// <value>Default: null, no limit. Range: 1 and up.</value>
    public int? MaxConcurrentCalls { get; set; }

    /// <summary>Gets or sets the calls per minute.</summary>
    /// <value>Default: null, no limit. Range: 1 and up.</value>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Gets or sets the tokens per minute, input and output together.</summary>
    /// <value>Default: null, no limit. Range: 1 and up.</value>
    /// <remarks>
    /// A call is charged with its estimate (<see cref="EstimateTokens"/>) at its start, and corrected by its reported usage at its end.
    /// Without a report (failures, abandoned streams) the estimate stands. An estimate above <see cref="Burst"/> waits for a full allowance
    /// and then leaves a debt of at most ten minutes or ten bursts.
    /// </remarks>
    public int? TokensPerMinute { get; set; }

    /// <summary>Gets or sets the function that estimates the tokens of a request before it is sent: its input and maximum output.</summary>
    /// <value>
    /// Default: null: a quarter of the characters of messages and instructions, plus <see cref="ChatOptions.MaxOutputTokens"/> or
    /// <see cref="AssumedOutputTokens"/>. Images and other data count as zero there. A negative result counts as zero.
    /// </value>
    /// <remarks>Called only with <see cref="TokensPerMinute"/>, concurrently. Its exceptions reach the caller.</remarks>
    public Func<IReadOnlyList<ChatMessage>, ChatOptions?, int>? EstimateTokens { get; set; }

    /// <summary>Gets or sets how much of a limit may be used at once, in time: 10 s of 60 requests per minute are 10 requests.</summary>
    /// <value>
    /// Default: 1 minute: the whole limit at once, then evenly, like providers that refill continuously. Use 1 to 10 s for providers with
    /// such short windows. Range: above zero to 1 hour; one request may always pass.
    /// </value>
    public TimeSpan Burst { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets or sets how long a call may wait for its turn, in order of arrival, up to the deadline of its attempt.</summary>
    /// <value>
    /// Default: zero: a call that would have to wait is refused at once, so that the next step answers. Range: 0 to 1 hour. A call whose
    /// turn would come too late is always refused at once.
    /// </value>
    public TimeSpan MaxWait { get; set; }

    internal bool HasLimits => MaxConcurrentCalls is not null || RequestsPerMinute is not null || TokensPerMinute is not null;

    internal ChatRateLimitOptions Copy() => (ChatRateLimitOptions)MemberwiseClone();

    /// <summary>Throws an <see cref="ArgumentException"/> for a value out of range, naming the model or endpoint, if any.</summary>
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
