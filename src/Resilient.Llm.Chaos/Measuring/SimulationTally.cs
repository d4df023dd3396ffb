namespace Resilient.Llm.Chaos;

/// <summary>What the users of a simulation saw, and what it cost, counted.</summary>
/// <remarks>
/// Everything about answers is what the caller sees: text, time, exceptions. Only whether a stored answer or the last resort gave it is taken from its <see cref="ResilienceReport"/>. Counts are whole
/// numbers until they are weighted, so merging in any order gives the same. Not thread-safe.
/// </remarks>
public sealed class SimulationTally
{
    /// <summary>Requests that arrived.</summary>
    public double Requests { get; internal set; }

    /// <summary>Those that were answered in the end, by any rung and however late.</summary>
    public double Answered { get; internal set; }

    /// <summary>Those of them that a model answered.</summary>
    public double ByModel { get; internal set; }

    /// <summary>Those answered whose answer, or first content of a stream, came within the deadline.</summary>
    public double InTime { get; internal set; }

    /// <summary>Those answered by anything but the first model.</summary>
    public double Degraded { get; internal set; }

    /// <summary>Streams that broke after their first content: a user read the half of an answer.</summary>
    public double Broken { get; internal set; }

    /// <summary>Answers that claim to be whole and in which something is missing, doubled or out of order. Anything but zero is a defect of what answered.</summary>
    public double Garbled { get; internal set; }

    /// <summary>Calls to providers.</summary>
    public double Calls { get; internal set; }

    /// <summary>Those of them that were made while every call to that provider failed.</summary>
    public double CallsWhileDown { get; internal set; }

    /// <summary>The part of the first provider's calls that fails, summed over the requests: divided by <see cref="Requests"/>, the failure rate in force.</summary>
    public double FailureRateSum { get; internal set; }

    /// <summary>From the question to the first content, of streams.</summary>
    public LogHistogram ToFirstContent { get; } = new();

    /// <summary>From the question to the end of the answer, of streams and plain calls.</summary>
    public LogHistogram ToEnd { get; } = new();

    /// <summary>Adds another tally.</summary>
    /// <param name="other">Stays as it is.</param>
    /// <param name="weight">How often it counts: for a sample that stands for more. Range: zero and up.</param>
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
