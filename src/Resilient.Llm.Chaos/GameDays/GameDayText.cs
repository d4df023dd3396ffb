using System.Globalization;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Formats times, shares and experiments for progress reports and scorecards.</summary>
internal static class GameDayText
{
    /// <summary>"250 ms", "3.2 s", "10 s", "2 min 30 s".</summary>
    public static string Of(TimeSpan time) => time switch
    {
        _ when time < TimeSpan.Zero => "-" + Of(-time),
        _ when time == TimeSpan.Zero => "0 s",
        { TotalMilliseconds: < 1 } => "< 1 ms",
        { TotalMilliseconds: < 999.5 } => Invariant($"{time.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 119.95 } => Invariant($"{time.TotalSeconds:0.#} s"),
        { TotalMinutes: < 120 } => Invariant($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        _ => Invariant($"{(int)time.TotalHours} h {time.Minutes} min"),
    };

    /// <summary>"model/endpoint", or the model's name if both are equal.</summary>
    public static string Of(ChatEndpointInfo endpoint) => Place(endpoint.Model, endpoint.Endpoint);

    /// <inheritdoc cref="Of(ChatEndpointInfo)"/>
    public static string Place(string model, string endpoint) => model == endpoint ? model : $"{model}/{endpoint}";

    public static string Of(TimeSpan? time) => time is { } known ? Of(known) : "–";

    /// <summary>"99.9 %": never rounded up, so that only all of them is 100 %.</summary>
    public static string Share(double share) => Invariant($"{Math.Floor(share * 10_000 + 1e-6) / 100:0.##} %");

    /// <summary>"ConnectionRefused, in us-east".</summary>
    public static string Of(ChaosExperiment experiment)
    {
        var fault = experiment.Fault;
        var parts = new List<string> { fault.Kind.ToString() };
        if (fault.Latency is { } latency)
        {
            parts.Add(latency.Kind switch
            {
                ChaosLatencyKind.Uniform => $"after {Of(latency.First)} to {Of(latency.Second)}",
                ChaosLatencyKind.LogNormal => $"after about {Of(latency.First)}",
                _ => $"after {Of(latency.First)}",
            });
        }

        if (fault.RetryAfter is { } retryAfter)
        {
            parts.Add($"Retry-After {Of(retryAfter)}");
        }

        var target = experiment.Target;
        string[] names =
            [.. target.Models, .. target.Endpoints, .. target.Regions, .. target.Geographies, .. target.Dependencies, .. target.Tenants];
        parts.Add(names.Length == 0 ? "every model" : string.Join(", ", names));
        var part = experiment.Rate * target.Share;
        return string.Join("; ", part < 1 ? parts.Append($"{Share(part)} of the calls") : parts);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
