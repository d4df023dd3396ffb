using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>Settings for every request of a ladder.</summary>
public sealed class ResilientChatClientOptions
{
    /// <summary>Gets or sets the deadline of a plain call: to its answer.</summary>
    /// <value>Default: 100 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.</value>
    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Gets or sets the deadline of a streaming call: to its first content.</summary>
    /// <value>Default: 30 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.</value>
    public TimeSpan FirstContentWithin { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets where the data of every request may go. A request's own residency can only narrow it.</summary>
    /// <value>Default: <see cref="DataResidency.Anywhere"/>.</value>
    public DataResidency Residency { get; set; } = DataResidency.Anywhere;

    /// <summary>How to treat requests without a residency of their own; null: only the policy binds them.</summary>
    internal ResidencyRequirement? Required { get; set; }

    internal ResilientChatClientOptions Copy() => (ResilientChatClientOptions)MemberwiseClone();

    internal void Validate()
    {
        Require(AnswerWithin, nameof(AnswerWithin));
        Require(FirstContentWithin, nameof(FirstContentWithin));
        ArgumentNullException.ThrowIfNull(Residency);
    }

    private static void Require(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException(
                $"{nameof(ResilientChatClientOptions)}.{name} is {value}. "
                + "Set it above zero, or to Timeout.InfiniteTimeSpan for no deadline.");
        }
    }
}
