namespace Resilient.Llm.Chaos;

/// <summary>A check of the hypothesis.</summary>
/// <param name="What">What was checked.</param>
/// <param name="Expected">The expected value.</param>
/// <param name="Actual">The actual value.</param>
/// <param name="Held">Whether the check passed.</param>
/// <param name="Note">An explanation, if any.</param>
public sealed record ScorecardCheck(string What, string Expected, string Actual, bool Held, string? Note = null);

/// <summary>The outcomes of the requests, as their callers saw them.</summary>
public sealed record ScorecardRequests
{
    /// <summary>Gets how many were sent.</summary>
    public int Asked { get; init; }

    /// <summary>Gets how many were answered completely, by any step.</summary>
    public int Answered { get; init; }

    /// <summary>Gets how many failed without content.</summary>
    public int Failed { get; init; }

    /// <summary>Gets how many streams broke after their first content.</summary>
    public int Broken { get; init; }

    /// <summary>Gets how many were in flight when the game day stopped waiting: 30 seconds after its end, or when it was aborted.</summary>
    public int Unfinished { get; init; }

    /// <summary>Gets how many were streams.</summary>
    public int Streams { get; init; }

    /// <summary>Gets how many streams broke and were continued by another call.</summary>
    public int Continued { get; init; }

    /// <summary>Gets how many were answered by a model.</summary>
    public int ByModel { get; init; }

    /// <summary>Gets how many were shed because too many were in flight. They do not count elsewhere.</summary>
    public long Shed { get; init; }

    /// <summary>Gets the share of answered requests; 1 if none were sent.</summary>
    public double AnsweredShare => Asked == 0 ? 1 : (double)Answered / Asked;
}

/// <summary>A count and its share.</summary>
/// <param name="Name">What is counted.</param>
/// <param name="Count">The count.</param>
/// <param name="Share">The share of all sent requests.</param>
public sealed record ScorecardCount(string Name, int Count, double Share);

/// <summary>Percentiles of a time; null if nothing was measured.</summary>
/// <param name="P50">The median.</param>
/// <param name="P95">The 95th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="Max">The maximum.</param>
public sealed record ScorecardLatency(TimeSpan? P50, TimeSpan? P95, TimeSpan? P99, TimeSpan? Max);

/// <summary>The calls of an endpoint.</summary>
/// <param name="Model">The name of the model.</param>
/// <param name="Endpoint">The name of the endpoint.</param>
/// <param name="Region">The region; null if undeclared.</param>
/// <param name="Geography">The geography; null if undeclared.</param>
/// <param name="Calls">All calls, including those that an experiment answered.</param>
/// <param name="Injected">The calls that an experiment affected.</param>
public sealed record ScorecardEndpoint(string Model, string Endpoint, string? Region, string? Geography, int Calls, int Injected)
{
    /// <summary>Gets "model/endpoint", or the model's name if both are equal.</summary>
    public string Name => Model == Endpoint ? Model : $"{Model}/{Endpoint}";
}

/// <summary>Whether bound questions stayed within their geographies, observed where calls go out.</summary>
/// <param name="BoundRequests">How many requests were bound to geographies.</param>
/// <param name="Arrivals">How often one of them was seen before an endpoint or a search.</param>
/// <param name="Violations">The arrivals outside the allowed geographies.</param>
public sealed record ScorecardResidency(int BoundRequests, long Arrivals, IReadOnlyList<ScorecardViolation> Violations)
{
    /// <summary>Gets the number of violations. Must be 0.</summary>
    public long Count => Violations.Sum(static violation => violation.Count);
}

/// <summary>A question that was about to leave its allowed geographies.</summary>
/// <param name="Place">The endpoint ("model/endpoint") or search.</param>
/// <param name="Geography">The geography of that place; null if undeclared.</param>
/// <param name="Bound">The allowed geographies.</param>
/// <param name="Count">The number of occurrences.</param>
public sealed record ScorecardViolation(string Place, string? Geography, string Bound, long Count);

/// <summary>A phase of the game day.</summary>
/// <param name="Name">The running experiments, "steady state" before the first, or "recovery" afterwards.</param>
/// <param name="From">The start.</param>
/// <param name="To">The end.</param>
/// <param name="Asked">How many requests were sent in it.</param>
/// <param name="Answered">How many of them were answered at any time.</param>
/// <param name="FirstContent">Their times to first content.</param>
/// <param name="Steps">Their answers by step.</param>
public sealed record ScorecardPhase(
    string Name, TimeSpan From, TimeSpan To, int Asked, int Answered, ScorecardLatency FirstContent, IReadOnlyList<ScorecardCount> Steps);

/// <summary>A point of the course: the requests sent within one <see cref="Scorecard.SeriesStep"/>.</summary>
/// <param name="At">The start of the interval.</param>
/// <param name="Steps">Their answers by step.</param>
/// <param name="Failed">How many were not answered.</param>
/// <param name="P50">Their median time to first content, if any.</param>
/// <param name="P99">Their 99th percentile of the time to first content, if any.</param>
public sealed record ScorecardPoint(TimeSpan At, IReadOnlyDictionary<string, int> Steps, int Failed, TimeSpan? P50, TimeSpan? P99);
