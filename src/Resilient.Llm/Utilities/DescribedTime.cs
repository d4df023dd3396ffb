namespace Resilient.Llm.Utilities;

/// <summary>A time as the description of a ladder shows it.</summary>
internal static class DescribedTime
{
    /// <param name="time">Null: the attempt's share of the time of the request.</param>
    public static string Of(TimeSpan? time) =>
        time is not { } value ? "its share"
        : value == Timeout.InfiniteTimeSpan ? "unbounded"
        : FormattableString.Invariant($"{value.TotalSeconds} s");
}
