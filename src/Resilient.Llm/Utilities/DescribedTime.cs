namespace Resilient.Llm.Utilities;

internal static class DescribedTime
{
    /// <param name="time">Null: the attempt's share of the time of the request.</param>
    public static string Of(TimeSpan? time) =>
        time is not { } value ? "its share"
        : value == Timeout.InfiniteTimeSpan ? "unbounded"
        : FormattableString.Invariant($"{value.TotalSeconds} s");
}
