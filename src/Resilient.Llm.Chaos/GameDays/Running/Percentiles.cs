namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Percentiles by nearest rank: always a measured time, never interpolated.</summary>
internal static class Percentiles
{
    public static TimeSpan[] Sorted(IEnumerable<TimeSpan> times) => [.. times.Order()];

    /// <summary>Null if there are no times.</summary>
    public static TimeSpan? At(TimeSpan[] sorted, double part) =>
        sorted is [] ? null : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
}
