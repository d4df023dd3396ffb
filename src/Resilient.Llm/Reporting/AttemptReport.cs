using System.Text.Json.Serialization;

namespace Resilient.Llm;

/// <summary>One candidate that was tried or passed over while answering a request.</summary>
/// <remarks>Plain data: no exception, no host name, no content. Serialises with <see cref="ResilienceReportJsonContext"/>.</remarks>
public sealed record AttemptReport
{
    /// <summary>The rung's name: a model as configured, "cache" or "last-resort".</summary>
    public required string Step { get; init; }

    /// <summary>The endpoint of the model; null where a rung has none.</summary>
    public string? Endpoint { get; init; }

    /// <summary>What went wrong; null when this candidate answered, or had nothing to say.</summary>
    public FailureKind? Failure { get; init; }

    /// <summary>The type of the exception behind <see cref="Failure"/>, for example "HttpRequestException"; its message may hold content and is left out.</summary>
    public string? ExceptionType { get; init; }

    /// <summary>Why the candidate was not called, or what it had nothing to say to; null when it was called and answered or failed.</summary>
    public string? SkipReason { get; init; }

    /// <summary>Time spent on this candidate. Zero when it was skipped.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Why this candidate was called: as the next one down, in parallel with a slow one, or to go on with a broken stream.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AttemptRole Role { get; init; }

    /// <summary>What the caller had seen of it by the time it ended. Reasoning alone does not keep another candidate from taking over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AttemptDelivery Delivered { get; init; }
}
