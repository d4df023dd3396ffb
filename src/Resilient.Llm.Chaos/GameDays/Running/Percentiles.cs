namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Percentiles by nearest rank: a time that was really measured, none in between.</summary>
internal static class Percentiles
{
    public static TimeSpan[] Sorted(IEnumerable<TimeSpan> times) => [.. times.Order()];

    /// <summary>Null: there are no times.</summary>
    public static TimeSpan? At(TimeSpan[] sorted, double part) => sorted is [] ? null : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
}
