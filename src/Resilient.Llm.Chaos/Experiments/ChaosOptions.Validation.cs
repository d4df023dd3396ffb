namespace Resilient.Llm.Chaos;

/// <content>What may not be asked for.</content>
public sealed partial class ChaosOptions
{
    internal static TimeSpan LongestDuration { get; } = TimeSpan.FromHours(24);

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal void Validate()
    {
        if (MaxDuration <= TimeSpan.Zero || MaxDuration > LongestDuration)
        {
            throw new ArgumentException($"{nameof(ChaosOptions)}.{nameof(MaxDuration)} is {MaxDuration}. Set it above zero and to at most 24 hours (1.00:00:00).");
        }

        if (AllowedEnvironments.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException($"{nameof(ChaosOptions)}.{nameof(AllowedEnvironments)} holds a name that is blank. Name an environment, or remove it.");
        }
    }
}
