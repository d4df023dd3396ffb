namespace Resilient.Llm;

/// <summary>How long one attempt at one endpoint may take.</summary>
/// <remarks>In a ladder the request's deadline bounds every attempt as well: these times only shorten it.</remarks>
public sealed class ChatTimeoutOptions
{
    /// <summary>Gets or sets the longest time to a plain answer.</summary>
    /// <value>
    /// Default: null: the attempt's share of the request's deadline in a ladder, else no bound. Range: above zero, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </value>
    public TimeSpan? AttemptTimeout { get; set; }

    /// <summary>Gets or sets the longest time to a stream's first content (text, tool call, data; not reasoning).</summary>
    /// <value>
    /// Default: null: the attempt's share of the request's deadline in a ladder, else no bound. Range: above zero, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </value>
    public TimeSpan? FirstContentTimeout { get; set; }

    /// <summary>Gets or sets the longest wait between two contents of a stream. Reasoning resets it; empty updates do not.</summary>
    /// <value>Default: 30 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.</value>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    internal ChatTimeoutOptions Copy() => (ChatTimeoutOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        Require(AttemptTimeout, nameof(AttemptTimeout), owner);
        Require(FirstContentTimeout, nameof(FirstContentTimeout), owner);
        Require(IdleTimeout, nameof(IdleTimeout), owner);
    }

    private static void Require(TimeSpan? value, string name, string owner)
    {
        if (value is { } time && time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatTimeoutOptions)}.{name} is {time}. Set it above zero, or to Timeout.InfiniteTimeSpan for no bound.");
        }
    }
}
