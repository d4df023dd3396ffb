namespace Resilient.Llm.Chaos.GameDays;

/// <summary>How a request ended for its caller.</summary>
internal enum GameDayEnd
{
    /// <summary>Answered completely.</summary>
    Answered,

    /// <summary>Failed without content.</summary>
    Failed,

    /// <summary>A stream broke after its first content.</summary>
    Broken,

    /// <summary>Still in flight when the game day stopped waiting.</summary>
    Unfinished,
}

/// <summary>A request and its outcome. All times count from the beginning of the game day.</summary>
internal sealed record GameDayOutcome
{
    public required GameDayRequest Request { get; init; }

    /// <summary>When it was sent: when it was due, or slightly later on a busy machine.</summary>
    public required TimeSpan AskedAt { get; init; }

    public required GameDayEnd End { get; init; }

    /// <summary>The time to first content, or to a plain answer, if any.</summary>
    public TimeSpan? FirstContent { get; init; }

    public required TimeSpan EndedAt { get; init; }

    public ResilienceReport? Report { get; init; }

    /// <summary>The failure kind, or the exception's type if there is none.</summary>
    public string? Failure { get; init; }

    public bool IsAnswered => End == GameDayEnd.Answered;

    /// <summary>The model's name, "cache" or "last-resort"; null if it was not answered.</summary>
    public string? Step => IsAnswered ? Report?.ServedBy ?? "unknown" : null;

    public bool IsByModel => IsAnswered && Report is { Source: AnswerSource.Model };
}
