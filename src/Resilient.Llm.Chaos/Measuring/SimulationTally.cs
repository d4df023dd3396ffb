namespace Resilient.Llm.Chaos;

/// <summary>Counts what the users of a simulation saw, and the calls that it took.</summary>
/// <remarks>
/// Based on what the caller sees: text, time and exceptions. Only the source of an answer comes from its <see cref="ResilienceReport"/>.
/// Unweighted counts are whole numbers, so the order of merging does not matter. Not thread-safe.
/// </remarks>
public sealed class SimulationTally
{
    /// <summary>Gets the requests that arrived.</summary>
    public double Requests { get; internal set; }

    /// <summary>Gets the requests that were answered, by any step and however late.</summary>
    public double Answered { get; internal set; }

    /// <summary>Gets the requests that a model answered.</summary>
    public double ByModel { get; internal set; }

    /// <summary>Gets the requests whose answer, or first content of a stream, came within the deadline.</summary>
    public double InTime { get; internal set; }

    /// <summary>Gets the requests that were answered by anything but the first model.</summary>
    public double Degraded { get; internal set; }

    /// <summary>Gets the streams that broke after their first content.</summary>
    public double Broken { get; internal set; }

    /// <summary>Gets the answers that claim to be complete but have missing, repeated or misplaced parts: defects.</summary>
    public double Garbled { get; internal set; }

    /// <summary>Gets the calls to providers.</summary>
    public double Calls { get; internal set; }

    /// <summary>Gets the calls to providers that were completely down.</summary>
    public double CallsWhileDown { get; internal set; }

    /// <summary>Gets the first provider's failure rate, summed over requests. Divide by <see cref="Requests"/> for the average.</summary>
    public double FailureRateSum { get; internal set; }

    /// <summary>Gets the times to first content of streams.</summary>
    public LogHistogram ToFirstContent { get; } = new();

    /// <summary>Gets the times to the end of the answer, of streams and plain calls.</summary>
    public LogHistogram ToEnd { get; } = new();

    /// <summary>Adds the counts of another tally.</summary>
    /// <param name="other">The other tally. Not changed.</param>
    /// <param name="weight">The weight of each count, for a sample that represents more. Range: zero and up.</param>
    public void Add(SimulationTally other, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(other);
        ToFirstContent.Add(other.ToFirstContent, weight);
        ToEnd.Add(other.ToEnd, weight);
        Requests += other.Requests * weight;
        Answered += other.Answered * weight;
        ByModel += other.ByModel * weight;
        InTime += other.InTime * weight;
        Degraded += other.Degraded * weight;
        Broken += other.Broken * weight;
        Garbled += other.Garbled * weight;
        Calls += other.Calls * weight;
        CallsWhileDown += other.CallsWhileDown * weight;
        FailureRateSum += other.FailureRateSum * weight;
    }
}
