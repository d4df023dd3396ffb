namespace Resilient.Llm.Chaos;

/// <summary>The results of one or several simulations.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class SimulationResult
{
    private readonly SimulationTally[] _tallies = [.. Enum.GetValues<IncidentImpact>().Select(static _ => new SimulationTally())];

    /// <summary>Gets the longest time from a request without a timely answer to the next request with one.</summary>
    public TimeSpan LongestUnavailability { get; internal set; }

    /// <summary>Returns the counts for the times when the worst incident had an impact.</summary>
    /// <param name="impact">The impact; <see cref="IncidentImpact.None"/> for healthy times.</param>
    public SimulationTally During(IncidentImpact impact) => _tallies[(int)impact];

    /// <summary>Returns the sum of the counts for several impacts.</summary>
    /// <param name="impacts">The impacts; none for all.</param>
    public SimulationTally Total(params ReadOnlySpan<IncidentImpact> impacts)
    {
        var total = new SimulationTally();
        foreach (var impact in impacts.Length == 0 ? Enum.GetValues<IncidentImpact>() : impacts)
        {
            total.Add(During(impact));
        }

        return total;
    }

    /// <summary>Adds another result.</summary>
    /// <param name="other">The other result. Not changed.</param>
    /// <param name="weight">The weight of its requests, for a sample that represents more. Range: zero and up.</param>
    public void Add(SimulationResult other, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < _tallies.Length; i++)
        {
            _tallies[i].Add(other._tallies[i], weight);
        }

        LongestUnavailability = other.LongestUnavailability > LongestUnavailability ? other.LongestUnavailability : LongestUnavailability;
    }
}
