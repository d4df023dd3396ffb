namespace Resilient.Llm.Chaos;

/// <summary>The failure rate over time, as a step function.</summary>
/// <remarks>Immutable and thread-safe. Where incidents overlap, the worst one counts.</remarks>
public sealed class FailureTimeline
{
    private readonly long[] _times;
    private readonly IncidentImpact[] _impacts;

    internal FailureTimeline(IEnumerable<ProviderIncident> incidents)
    {
        var steps = new List<(long Time, IncidentImpact Impact)>();
        var events = incidents
            .SelectMany(static incident => new[]
            {
                (Time: incident.Start.UtcTicks, incident.Impact, By: 1), (Time: incident.End.UtcTicks, incident.Impact, By: -1),
            })
            .GroupBy(static change => change.Time)
            .OrderBy(static group => group.Key);
        var inForce = new int[4];
        foreach (var moment in events)
        {
            foreach (var change in moment)
            {
                inForce[(int)change.Impact] += change.By;
            }

            steps.Add((moment.Key, (IncidentImpact)Math.Max(0, Array.FindLastIndex(inForce, static count => count > 0))));
        }

        _times = [.. steps.Select(static step => step.Time)];
        _impacts = [.. steps.Select(static step => step.Impact)];
    }

    /// <summary>Gets the timeline of a provider that never fails.</summary>
    public static FailureTimeline Healthy { get; } = new([]);

    /// <summary>Returns the worst impact at a time.</summary>
    /// <param name="time">The time.</param>
    public IncidentImpact ImpactAt(DateTimeOffset time)
    {
        var place = Array.BinarySearch(_times, time.UtcTicks);
        var step = place < 0 ? ~place - 1 : place;
        return step < 0 ? IncidentImpact.None : _impacts[step];
    }

    /// <summary>Returns the share of calls that fail at a time; see <see cref="ProviderIncident.FailureRate"/>.</summary>
    /// <param name="time">The time.</param>
    /// <returns>The share, from 0 to 1.</returns>
    public double RateAt(DateTimeOffset time) => ProviderIncident.RateOf(ImpactAt(time));
}
