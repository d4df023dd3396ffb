using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>Recorded incidents of providers.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class OutageSchedule
{
    /// <summary>Creates a schedule.</summary>
    /// <param name="incidents">The incidents, in any order. Where those of one provider overlap, the worst counts.</param>
    /// <exception cref="ArgumentException">An incident ends before it starts, or has no provider.</exception>
    public OutageSchedule(IEnumerable<ProviderIncident> incidents)
    {
        ArgumentNullException.ThrowIfNull(incidents);
        Incidents =
            [.. incidents.OrderBy(static incident => incident.Start).ThenBy(static incident => incident.Provider, StringComparer.Ordinal)];
        foreach (var incident in Incidents)
        {
            if (string.IsNullOrWhiteSpace(incident.Provider) || incident.End <= incident.Start)
            {
                throw new ArgumentException(
                    $"An incident of '{incident.Provider}' lasts from {incident.Start:u} to {incident.End:u}. "
                    + "It needs a provider, and an end after its start.", nameof(incidents));
            }
        }

        Providers = [.. Incidents.Select(static incident => incident.Provider)
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];
        Everything = new(Incidents);
    }

    /// <summary>Gets all incidents, ordered by start.</summary>
    public IReadOnlyList<ProviderIncident> Incidents { get; }

    /// <summary>Gets the providers, in alphabetical order.</summary>
    public IReadOnlyList<string> Providers { get; }

    /// <summary>The worst incident over time, of any provider.</summary>
    internal FailureTimeline Everything { get; }

    /// <summary>Reads a file of incidents.</summary>
    /// <param name="path">
    /// A CSV file with the header "provider,start_utc,end_utc,impact" and a line per incident. Times are ISO 8601; the impact is minor,
    /// major or critical. Empty lines are skipped.
    /// </param>
    /// <exception cref="InvalidDataException">A line is unreadable. The message names the file, the line and the error.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OutageSchedule Read(string path)
    {
        using var file = new CsvFile(path, "provider", "start_utc", "end_utc", "impact");
        var incidents = new List<ProviderIncident>();
        while (file.MoveNext())
        {
            var (provider, start, end) = (file.Text(0), file.Time(1), file.Time(2));
            if (end <= start)
            {
                throw file.Mistake($"the incident ends at {end:u}, and that is not after its start at {start:u}");
            }

            incidents.Add(new(provider, start, end, Impact(file)));
        }

        return new(incidents);
    }

    /// <summary>Returns the failure timeline of a provider.</summary>
    /// <param name="provider">The provider; ignores case.</param>
    /// <param name="concerns">Selects incidents, for example those that affect a region; null for all.</param>
    /// <remarks>A provider without incidents never fails.</remarks>
    public FailureTimeline Of(string provider, Func<ProviderIncident, bool>? concerns = null) =>
        new(
            Incidents.Where(
                incident => string.Equals(incident.Provider, provider, StringComparison.OrdinalIgnoreCase)
                    && concerns?.Invoke(incident) != false));

    /// <summary>Returns the time windows around all incidents. Windows that touch are merged.</summary>
    /// <param name="margin">The time before and after an incident that belongs to its window. Range: zero and up.</param>
    public IReadOnlyList<TimeWindow> Windows(TimeSpan margin)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(margin, TimeSpan.Zero);
        var windows = new List<TimeWindow>();
        foreach (var incident in Incidents)
        {
            var (start, end) = (incident.Start - margin, incident.End + margin);
            if (windows.Count > 0 && start <= windows[^1].End)
            {
                windows[^1] = windows[^1] with { End = end > windows[^1].End ? end : windows[^1].End };
            }
            else
            {
                windows.Add(new(start, end));
            }
        }

        return windows;
    }

    private static IncidentImpact Impact(CsvFile file) => file.Text(3) switch
    {
        "minor" => IncidentImpact.Minor,
        "major" => IncidentImpact.Major,
        "critical" => IncidentImpact.Critical,
        var other => throw file.Mistake($"the impact is '{other}'; known are minor, major and critical"),
    };
}
