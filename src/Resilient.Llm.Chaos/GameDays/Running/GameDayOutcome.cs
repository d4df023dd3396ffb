namespace Resilient.Llm.Chaos.GameDays;

/// <summary>What became of a request, as its caller saw it.</summary>
internal enum GameDayEnd
{
    /// <summary>Answered, whole.</summary>
    Answered,

    /// <summary>No content arrived.</summary>
    Failed,

    /// <summary>A stream broke after its first content.</summary>
    Broken,

    /// <summary>Still under way when the game day gave up waiting.</summary>
    Unfinished,
}

/// <summary>One request that was asked, and what came of it. All times count from the beginning of the game day.</summary>
internal sealed record GameDayOutcome
{
    public required GameDayRequest Request { get; init; }

    /// <summary>When it was asked: when it was due, or a little later on a busy machine.</summary>
    public required TimeSpan AskedAt { get; init; }

    public required GameDayEnd End { get; init; }

    /// <summary>From the asking to the first content of a stream, or to the plain answer; null: none came.</summary>
    public TimeSpan? FirstContent { get; init; }

    public required TimeSpan EndedAt { get; init; }

    /// <summary>The ladder's own report; null where there was none.</summary>
    public ResilienceReport? Report { get; init; }

    /// <summary>The kind of failure, or the exception's type where it has none.</summary>
    public string? Failure { get; init; }

    public bool IsAnswered => End == GameDayEnd.Answered;

    /// <summary>Who answered: a model's name, "cache" or "last-resort"; null: it was not answered.</summary>
    public string? Step => IsAnswered ? Report?.ServedBy ?? "unknown" : null;

    public bool IsByModel => IsAnswered && Report is { Source: AnswerSource.Model };
}
