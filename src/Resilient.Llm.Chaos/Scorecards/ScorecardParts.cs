namespace Resilient.Llm.Chaos;

/// <summary>A part of the hypothesis.</summary>
/// <param name="What">What was looked at.</param>
/// <param name="Expected">What it was to be.</param>
/// <param name="Actual">What it was.</param>
/// <param name="Held">Whether that is so.</param>
/// <param name="Note">What else is to be known; null: nothing.</param>
public sealed record ScorecardCheck(string What, string Expected, string Actual, bool Held, string? Note = null);

/// <summary>What became of the requests, as their callers saw it.</summary>
public sealed record ScorecardRequests
{
    /// <summary>How many were asked.</summary>
    public int Asked { get; init; }

    /// <summary>How many were answered whole, by whatever rung.</summary>
    public int Answered { get; init; }

    /// <summary>How many got no content.</summary>
    public int Failed { get; init; }

    /// <summary>How many streams broke after their first content.</summary>
    public int Broken { get; init; }

    /// <summary>How many were still under way when the game day gave up waiting, half a minute after its end or when it was aborted.</summary>
    public int Unfinished { get; init; }

    /// <summary>How many were streams.</summary>
    public int Streams { get; init; }

    /// <summary>How many streams broke and were continued by another call.</summary>
    public int Continued { get; init; }

    /// <summary>How many were answered by a model.</summary>
    public int ByModel { get; init; }

    /// <summary>How many were not asked, since too many were under way. They count nowhere else.</summary>
    public long Shed { get; init; }

    /// <summary>The part that was answered; 1 where nothing was asked.</summary>
    public double AnsweredShare => Asked == 0 ? 1 : (double)Answered / Asked;
}

/// <summary>How many of something.</summary>
/// <param name="Name">Of what.</param>
/// <param name="Count">How many.</param>
/// <param name="Share">Of all requests that were asked.</param>
public sealed record ScorecardCount(string Name, int Count, double Share);

/// <summary>Percentiles of a time; null where nothing was measured.</summary>
/// <param name="P50">Half were no slower.</param>
/// <param name="P95">19 of 20 were no slower.</param>
/// <param name="P99">99 of 100 were no slower.</param>
/// <param name="Max">None was slower.</param>
public sealed record ScorecardLatency(TimeSpan? P50, TimeSpan? P95, TimeSpan? P99, TimeSpan? Max);

/// <summary>The calls of an endpoint.</summary>
/// <param name="Model">The model.</param>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Region">Its region; null: undeclared.</param>
/// <param name="Geography">Its geography; null: undeclared.</param>
/// <param name="Calls">All calls that were sent to it, also those that an experiment answered in its place.</param>
/// <param name="Injected">Those of them that an experiment did something to.</param>
public sealed record ScorecardEndpoint(string Model, string Endpoint, string? Region, string? Geography, int Calls, int Injected)
{
    /// <summary>"model/endpoint", or the model's name where the endpoint has the same.</summary>
    public string Name => Model == Endpoint ? Model : $"{Model}/{Endpoint}";
}

/// <summary>Whether bound questions stayed where they may be, as seen where calls go out.</summary>
/// <param name="BoundRequests">How many requests were bound to geographies.</param>
/// <param name="Arrivals">How often one of them was seen on its way to an endpoint or a search.</param>
/// <param name="Violations">What was on its way to where it must not be.</param>
public sealed record ScorecardResidency(int BoundRequests, long Arrivals, IReadOnlyList<ScorecardViolation> Violations)
{
    /// <summary>How often that was. Must be 0.</summary>
    public long Count => Violations.Sum(static violation => violation.Count);
}

/// <summary>A question was on its way to where it must not be.</summary>
/// <param name="Place">To which endpoint ("model/endpoint") or search.</param>
/// <param name="Geography">Where that lies; null: undeclared.</param>
/// <param name="Bound">Where the question was bound to.</param>
/// <param name="Count">How often.</param>
public sealed record ScorecardViolation(string Place, string? Geography, string Bound, long Count);

/// <summary>A stretch of the game day.</summary>
/// <param name="Name">The experiments that ran, or "steady state" before the first and "recovery" after one.</param>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end.</param>
/// <param name="Asked">How many requests were asked in it.</param>
/// <param name="Answered">How many of them were answered, whenever.</param>
/// <param name="FirstContent">Their times to first content.</param>
/// <param name="Steps">Who answered them.</param>
public sealed record ScorecardPhase(
    string Name, TimeSpan From, TimeSpan To, int Asked, int Answered, ScorecardLatency FirstContent, IReadOnlyList<ScorecardCount> Steps);

/// <summary>One point of the course: the requests asked within <see cref="Scorecard.SeriesStep"/>.</summary>
/// <param name="At">Its beginning.</param>
/// <param name="Steps">Who answered how many of them.</param>
/// <param name="Failed">How many were not answered.</param>
/// <param name="P50">Their median time to first content; null: none.</param>
/// <param name="P99">The 99th percentile of it; null: none.</param>
public sealed record ScorecardPoint(TimeSpan At, IReadOnlyDictionary<string, int> Steps, int Failed, TimeSpan? P50, TimeSpan? P99);
