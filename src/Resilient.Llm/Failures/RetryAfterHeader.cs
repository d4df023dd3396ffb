using System.Globalization;
using System.Net.Http.Headers;

namespace Resilient.Llm.Failures;

/// <summary>Reads the wait that a provider asks for: from zero to <see cref="Longest"/>, or null when it cannot be read.</summary>
/// <remarks>A header may be repeated, which proxies and SDKs join by commas: the first value that can be read counts.</remarks>
internal static class RetryAfterHeader
{
    public const string Name = "Retry-After";
    public const string MillisecondsName = "retry-after-ms";

    /// <summary>The key in <see cref="Exception.Data"/> under which an exception carries a wait, as a <see cref="TimeSpan"/>.</summary>
    public const string DataKey = "Resilient.Llm.RetryAfter";

    /// <summary>What stands there when a handler watched the call and the provider did not say how long to wait.</summary>
    public const string WasAbsent = "absent";

    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // Headers are untrusted: what comes later is not read.
    private const int MaxChars = 1024;

    // The preferred form and the two that recipients must also accept (RFC 9110, 5.6.7).
    private static readonly string[] s_dates = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy"];

    /// <summary>Reads the two headers, the one in milliseconds first. Values of a repeated header are joined by commas.</summary>
    public static TimeSpan? Read(string? milliseconds, string? secondsOrDate, TimeProvider timeProvider) =>
        First(milliseconds, static (part, _) => Number(part) is { } ms ? FromSeconds(ms / 1000) : null, timeProvider)
            ?? Parse(secondsOrDate, timeProvider);

    /// <summary>Reads the headers of an answer that has failed; null for one that has not.</summary>
    public static TimeSpan? Read(HttpResponseMessage response, TimeProvider timeProvider) =>
        (int)response.StatusCode < 400
            ? null
            : Read(Joined(response.Headers, MillisecondsName), Joined(response.Headers, Name), timeProvider);

    /// <summary>Reads what a <see cref="RetryAfterScope"/> wrote onto the exception.</summary>
    public static TimeSpan? Read(Exception exception) =>
        ForeignCode.Try(exception, static e => e.Data[DataKey] is TimeSpan value ? Clamp(value) : default(TimeSpan?));

    /// <summary>Reads seconds (also "1.5") or an HTTP date.</summary>
    public static TimeSpan? Parse(string? value, TimeProvider timeProvider) => First(value, SecondsOrDate, timeProvider);

    /// <summary>Reads a duration such as "34s" or "0.5s".</summary>
    public static TimeSpan? ParseDuration(string? value) =>
        value?.EndsWith('s') == true && Number(value.AsSpan()[..^1]) is { } seconds ? FromSeconds(seconds) : null;

    public static TimeSpan Clamp(TimeSpan value) => value < TimeSpan.Zero ? TimeSpan.Zero : value > Longest ? Longest : value;

    /// <summary>All values of a header, joined by commas; null if there is none.</summary>
    public static string? Joined(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    /// <summary>The first value that can be read. A date has a comma of its own, so two parts may be one value.</summary>
    private static TimeSpan? First(
        string? joined, Func<ReadOnlySpan<char>, TimeProvider, TimeSpan?> read, TimeProvider timeProvider)
    {
        var rest = joined.AsSpan();
        rest = rest[..Math.Min(rest.Length, MaxChars)];
        while (!rest.IsEmpty)
        {
            var comma = rest.IndexOf(',');
            var next = comma < 0 ? -1 : rest[(comma + 1)..].IndexOf(',');
            var pair = comma < 0 || next < 0 ? rest : rest[..(comma + 1 + next)];
            var wait = read(comma < 0 ? rest : rest[..comma], timeProvider) ?? (comma < 0 ? null : read(pair, timeProvider));
            if (wait is not null)
            {
                return wait;
            }

            rest = comma < 0 ? default : rest[(comma + 1)..];
        }

        return null;
    }

    private static TimeSpan? SecondsOrDate(ReadOnlySpan<char> value, TimeProvider timeProvider) =>
        Number(value) is { } seconds ? FromSeconds(seconds)
        : DateTimeOffset.TryParseExact(
            value.Trim(),
            s_dates,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowInnerWhite,
            out var date)
            ? Clamp(date - timeProvider.GetUtcNow())
            : null;

    private static double? Number(ReadOnlySpan<char> value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number) ? number : null;

    private static TimeSpan FromSeconds(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));
}
