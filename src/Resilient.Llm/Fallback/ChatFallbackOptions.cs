namespace Resilient.Llm;

/// <summary>How the time of one request is divided between the rungs of a ladder.</summary>
public sealed class ChatFallbackOptions
{
    /// <summary>The part of the time left that a model may use while another eligible model comes after it. The last one may use all but <see cref="Reserve"/>.</summary>
    /// <value>Default: 0.6. Range: above 0 and below 1.</value>
    public double AttemptShare { get; set; } = 0.6;

    /// <summary>The least time in which asking a model makes sense: one that would get less is passed over.</summary>
    /// <value>Default: 2 seconds, and never more than a fifth of the request's whole time. Range: zero and up.</value>
    public TimeSpan MinimumAttempt { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The time kept back for cached answers and the last resort, so that they still answer within the deadline.</summary>
    /// <value>Default: 250 milliseconds, and never more than a tenth of the request's whole time. Range: zero and up.</value>
    public TimeSpan Reserve { get; set; } = TimeSpan.FromMilliseconds(250);

    internal ChatFallbackOptions Copy() => (ChatFallbackOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        if (AttemptShare is not (> 0 and < 1))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(AttemptShare)} is {AttemptShare}. Set it above 0 and below 1, for example 0.6."));
        }

        if (MinimumAttempt < TimeSpan.Zero)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MinimumAttempt)} is {MinimumAttempt}. Set it to zero or more.");
        }

        if (Reserve < TimeSpan.Zero)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(Reserve)} is {Reserve}. Set it to zero or more.");
        }
    }
}
