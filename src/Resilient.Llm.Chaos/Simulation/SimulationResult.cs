namespace Resilient.Llm.Chaos;

/// <summary>What came of one simulation, or of several together.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class SimulationResult
{
    private readonly SimulationTally[] _tallies = [.. Enum.GetValues<IncidentImpact>().Select(static _ => new SimulationTally())];

    /// <summary>The longest time in which every request that arrived went without an answer within the deadline: from the first of them to the next that was answered.</summary>
    public TimeSpan LongestUnavailability { get; internal set; }

    /// <summary>The requests that arrived, and the calls that were made, while the worst incident in force had that impact.</summary>
    /// <param name="impact">The impact; <see cref="IncidentImpact.None"/> for healthy times.</param>
    public SimulationTally During(IncidentImpact impact) => _tallies[(int)impact];

    /// <summary>All of one or several impacts together.</summary>
    /// <param name="impacts">Which; none: all.</param>
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
    /// <param name="other">Stays as it is.</param>
    /// <param name="weight">How often its requests count: for a sample that stands for more. Range: zero and up.</param>
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
