using System.Globalization;

namespace Resilient.Llm.Failures;

/// <summary>Reads the wait that a provider asks for: from zero to <see cref="Longest"/>, or null when it cannot be read.</summary>
internal static class RetryAfterHeader
{
    public const string Name = "Retry-After";
    public const string MillisecondsName = "retry-after-ms";

    /// <summary>The key in <see cref="Exception.Data"/> under which an exception carries a wait, as a <see cref="TimeSpan"/>.</summary>
    public const string DataKey = "Resilient.Llm.RetryAfter";

    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Reads the two headers, the one in milliseconds first.</summary>
    public static TimeSpan? Read(string? milliseconds, string? secondsOrDate, TimeProvider timeProvider) =>
        Number(milliseconds) is { } ms ? FromSeconds(ms / 1000) : Parse(secondsOrDate, timeProvider);

    /// <summary>Reads what a <see cref="RetryAfterScope"/> wrote onto the exception.</summary>
    public static TimeSpan? Read(Exception exception) =>
        ForeignCode.Try(exception, static e => e.Data[DataKey] is TimeSpan value ? Clamp(value) : default(TimeSpan?));

    /// <summary>Reads seconds (also "1.5") or an HTTP date.</summary>
    public static TimeSpan? Parse(string? value, TimeProvider timeProvider) =>
        Number(value) is { } seconds ? FromSeconds(seconds)
        : DateTimeOffset.TryParseExact(value?.Trim(), "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Clamp(date - timeProvider.GetUtcNow())
            : null;

    /// <summary>Reads a duration such as "34s" or "0.5s".</summary>
    public static TimeSpan? ParseDuration(string? value) =>
        value?.EndsWith('s') == true && Number(value[..^1]) is { } seconds ? FromSeconds(seconds) : null;

    public static TimeSpan Clamp(TimeSpan value) => value < TimeSpan.Zero ? TimeSpan.Zero : value > Longest ? Longest : value;

    private static double? Number(string? value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number) ? number : null;

    private static TimeSpan FromSeconds(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));
}
